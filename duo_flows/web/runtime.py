"""Running flows, as the door reaches them: the port, and Temporal behind it. Nothing else in the door knows Temporal."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from duo_flows.domain.errors import NeverAgain, NotFound, TryAgain
from signals import names
from signals.messages import Answer, AnswerResult, Pause, PipelineChanged, Resume, StartFlow, Stop

T = TypeVar("T")

Steering = Stop | Pause | Resume
# The update and the signal of each.
_STEERING: Mapping[type[Steering], tuple[str, str]] = {
    Stop: (names.UPDATE_STOP, names.SIGNAL_STOP),
    Pause: (names.UPDATE_PAUSE, names.SIGNAL_PAUSE),
    Resume: (names.UPDATE_RESUME, names.SIGNAL_RESUME),
}

# Long enough for a slow frontend, short enough that a caller of the API is told of an outage while still there.
_RPC_TIMEOUT = timedelta(seconds=5)
# Temporal takes 400 bytes; names may have signs of four.
_SUMMARY_MAX = 100
_PASSING = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.UNKNOWN,
    }
)


class FlowRuntime(Protocol):
    """Running flows.

    Every method raises TryAgain where the runtime cannot be reached; those that name a workflow raise NotFound where it does not
    run (any more).
    """

    async def start(self, flow: str, message: StartFlow, *, workflow_id: str, summary: str) -> None:
        """Start a flow, unless a workflow of this id was ever started: then nothing happens.

        `summary` is one line for operators: ids and names, never contents.
        """

    async def answer(self, workflow_id: str, answer: Answer, *, within: timedelta) -> AnswerResult | None:
        """Return what came of an answer; None if no worker told `within` that time, and it may or may not be taken still."""

    async def signal_answer(self, workflow_id: str, answer: Answer) -> None:
        """Leave an answer with the workflow, durably; applied when a worker is there."""

    async def steer(self, workflow_id: str, message: Steering, *, within: timedelta) -> AnswerResult | None:
        """Return what came of a stop, pause or resume; None if no worker told `within` that time: it may be taken still."""

    async def signal_steer(self, workflow_id: str, message: Steering) -> None:
        """Leave a stop, pause or resume with the workflow, durably; heeded when a worker is there."""

    async def pipeline_changed(self, workflow_id: str, hint: PipelineChanged) -> None:
        """Tell a workflow to look at a pipeline now."""

    async def is_reachable(self) -> bool:
        """Tell whether the runtime answers."""


class TemporalFlowRuntime:
    """Temporal."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, flow: str, message: StartFlow, *, workflow_id: str, summary: str) -> None:
        """Start a workflow whose type is the flow's name."""
        starting = self._client.start_workflow(
            flow,
            message,
            id=workflow_id,
            task_queue=names.TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            static_summary=summary[:_SUMMARY_MAX],
            rpc_timeout=_RPC_TIMEOUT,
        )
        try:
            await _translated(starting)
        except WorkflowAlreadyStartedError:
            return

    async def answer(self, workflow_id: str, answer: Answer, *, within: timedelta) -> AnswerResult | None:
        """Send an answer as an update whose id is the event's, so that Temporal too takes it once."""
        return await self._update(workflow_id, names.UPDATE_ANSWER, answer, within=within)

    async def signal_answer(self, workflow_id: str, answer: Answer) -> None:
        """Send an answer as a signal."""
        await self._signal(workflow_id, names.SIGNAL_ANSWER, answer)

    async def steer(self, workflow_id: str, message: Steering, *, within: timedelta) -> AnswerResult | None:
        """Send a stop, pause or resume as an update whose id is the event's."""
        return await self._update(workflow_id, _STEERING[type(message)][0], message, within=within)

    async def signal_steer(self, workflow_id: str, message: Steering) -> None:
        """Send a stop, pause or resume as a signal."""
        await self._signal(workflow_id, _STEERING[type(message)][1], message)

    async def pipeline_changed(self, workflow_id: str, hint: PipelineChanged) -> None:
        """Send a hint as a signal."""
        await self._signal(workflow_id, names.SIGNAL_PIPELINE, hint)

    async def is_reachable(self) -> bool:
        """Ask Temporal for its health."""
        try:
            return await self._client.service_client.check_health(timeout=_RPC_TIMEOUT)
        except RPCError:
            return False

    async def _update(self, workflow_id: str, update: str, message: Answer | Steering, *, within: timedelta) -> AnswerResult | None:
        handle = self._client.get_workflow_handle(workflow_id)
        call = handle.execute_update(update, message, id=message.event_id, result_type=AnswerResult, rpc_timeout=within)
        try:
            return await _translated(call)
        except (WorkflowUpdateRPCTimeoutOrCancelledError, WorkflowUpdateFailedError, TryAgain):
            # A failed update says nothing of the message (the workflow may have ended meanwhile): it is delivered again.
            return None

    async def _signal(self, workflow_id: str, signal: str, message: Any) -> None:
        handle = self._client.get_workflow_handle(workflow_id)
        await _translated(handle.signal(signal, message, rpc_timeout=_RPC_TIMEOUT))


async def _translated(call: Awaitable[T]) -> T:
    """Return what Temporal answers, its errors in our words."""
    try:
        return await call
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotFound("No such workflow is running; its session has ended or never began.") from error
        if error.status in _PASSING:
            raise TryAgain(f"Temporal does not answer ({error.status.name.lower()}).") from error
        raise NeverAgain(f"Temporal refuses the call ({error.status.name.lower()}).", code="temporal_refused") from error
