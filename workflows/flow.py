"""The one workflow that runs every flow: it walks a definition, component by component, until a router leads to an end.

Started by the flow's own name with one `StartFlow`. Messages (JSON as in `signals.messages`):

Signals: `answer` (Answer), `stop` (Stop), `pause` (Pause), `resume` (Resume), `pipeline_changed` (PipelineChanged).
Updates: `submit_answer`, `submit_stop`, `submit_pause`, `submit_resume` with the same messages, each returning an AnswerResult.
Queries: `state` (FlowState).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from activities.contracts import CloseSession, OpenSession, SessionContract
from duo_flows.domain.errors import DuoFlowsError
from duo_flows.domain.flow_context import MissingValue
from duo_flows.domain.flow_routing import Route, end_at, next_component
from duo_flows.domain.model import Model
from duo_flows.domain.sessions import ENDING_EVENTS, Ending, SessionEvent, flow_word
from signals import names
from signals.messages import Answer, AnswerResult, FlowState, Pause, Resume, StartFlow, Stop

from . import display, retries
from .arriving import Unreadable, faults_of, read
from .components import run_component
from .errands import Errands
from .people import People
from .run_state import Carried, EndRun, RunState
from .session_run import ContinueAsNew, SessionRun

T = TypeVar("T")
# A message that people send.
Message = TypeVar("Message", Answer, Stop, Pause, Resume)


class FlowResult(Model):
    """What the workflow returns: how the run ended; the summary stands in the session."""

    session_id: str
    ending: Ending


@workflow.defn(dynamic=True)
class Flow:
    """Any flow, one run of one session."""

    def __init__(self) -> None:
        self._errands = Errands()
        self._people = People(self._errands)
        self._run: SessionRun | None = None

    @workflow.signal(name=names.SIGNAL_ANSWER, description="An answer to the open question.")
    def answer(self, *given: Any) -> None:
        """Take an answer; what came of it stands in the session log."""
        self._take(Answer, given)

    @workflow.signal(name=names.SIGNAL_STOP, description="Stops the session at its next safe point.")
    def stop(self, *given: Any) -> None:
        """Take a wish to stop."""
        self._take(Stop, given)

    @workflow.signal(name=names.SIGNAL_PAUSE, description="Pauses the session at its next safe point.")
    def pause(self, *given: Any) -> None:
        """Take a wish to pause."""
        self._take(Pause, given)

    @workflow.signal(name=names.SIGNAL_RESUME, description="Lets a paused session go on.")
    def resume(self, *given: Any) -> None:
        """Take a wish to go on."""
        self._take(Resume, given)

    def _take(self, form: type[Message], given: Sequence[Any]) -> None:
        try:
            self._people.post(read(form, given))
        except Unreadable as problem:
            self._people.post_unreadable(str(problem))

    @workflow.signal(name=names.SIGNAL_PIPELINE, description="A hint that a pipeline moved.")
    def pipeline_changed(self, *_hint: Any) -> None:
        """Look at the awaited pipeline now, whatever a PipelineChanged says: nothing is believed of it."""
        if self._run is not None:
            self._run.pipeline_hints += 1

    @workflow.update(name=names.UPDATE_ANSWER, description="An answer to the open question; returns what came of it.")
    async def submit_answer(self, *given: Any) -> AnswerResult:
        """Take an answer and return what came of it. A refusal is returned, not raised: it belongs in the log."""
        return await self._people.submit(read(Answer, given), event_id=_update_id())

    @submit_answer.validator
    def _check_answer(self, *given: Any) -> None:
        _refuse_unreadable(Answer, given)

    @workflow.update(name=names.UPDATE_STOP, description="Stops the session at its next safe point; returns what came of it.")
    async def submit_stop(self, *given: Any) -> AnswerResult:
        """Take a wish to stop and return what came of it."""
        return await self._people.submit(read(Stop, given), event_id=_update_id())

    @submit_stop.validator
    def _check_stop(self, *given: Any) -> None:
        _refuse_unreadable(Stop, given)

    @workflow.update(name=names.UPDATE_PAUSE, description="Pauses the session at its next safe point; returns what came of it.")
    async def submit_pause(self, *given: Any) -> AnswerResult:
        """Take a wish to pause and return what came of it."""
        return await self._people.submit(read(Pause, given), event_id=_update_id())

    @submit_pause.validator
    def _check_pause(self, *given: Any) -> None:
        _refuse_unreadable(Pause, given)

    @workflow.update(name=names.UPDATE_RESUME, description="Lets a paused session go on; returns what came of it.")
    async def submit_resume(self, *given: Any) -> AnswerResult:
        """Take a wish to go on and return what came of it."""
        return await self._people.submit(read(Resume, given), event_id=_update_id())

    @submit_resume.validator
    def _check_resume(self, *given: Any) -> None:
        _refuse_unreadable(Resume, given)

    @workflow.query(name=names.QUERY_STATE, description="Where the run stands and what it waits for.")
    def state(self) -> FlowState:
        """Return where the run stands."""
        if self._run is None:
            raise ApplicationError("The session is being opened; ask again in a moment.")
        state = self._run.state
        opened = state.opened
        return FlowState(
            session_id=opened.session_id,
            flow=opened.flow,
            run=opened.run,
            status=state.status,
            step=state.component,
            waiting=state.waiting,
        )

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> FlowResult:
        """Run the flow to its end."""
        start, carried = _arguments(args)
        run = await self._begin(start, carried)
        serving = asyncio.create_task(self._people.serve(run.state))
        try:
            end = await _while_served(_walk_to_end(run), serving)
        except ContinueAsNew:
            await self._leave()
            serving.cancel()
            left = tuple(self._people.envelopes)
            workflow.continue_as_new(args=[start, run.state.frozen(results=self._people.results, envelopes=left)])
        except asyncio.CancelledError:
            await _while_served(self._close(run, EndRun(Ending.STOPPED, "Stopped by the operator, in Temporal.")), serving)
            raise
        return await _while_served(self._close(run, end), serving)

    async def _begin(self, start: StartFlow, carried: Carried | None) -> SessionRun:
        if carried is not None:
            self._people.results.update(carried.results)
            # Before what may have reached this history already.
            self._people.envelopes[:0] = carried.envelopes
            self._run = SessionRun(RunState.carried_on(carried), people=self._people, errands=self._errands)
            display.show(self._run.state)
            return self._run
        info = workflow.info()
        task = OpenSession(
            flow=info.workflow_type, workflow_id=info.workflow_id, execution_id=info.first_execution_run_id, start=start
        )
        try:
            opened = await workflow.execute_activity_method(
                SessionContract.open_session, task, summary="open the session", **retries.GITLAB
            )
        except ActivityError as error:
            raise _failure(error) from error
        self._run = SessionRun(RunState.beginning(opened), people=self._people, errands=self._errands)
        self._run.move(SessionEvent.START)
        await self._run.report()
        return self._run

    async def _leave(self) -> None:
        """Let whoever waits for a result have it, and errands come to their end; what else has arrived is carried on."""
        self._people.leave()
        await workflow.wait_condition(
            lambda: self._people.has_answered and self._errands.are_done and workflow.all_handlers_finished()
        )

    async def _settle(self) -> None:
        """Let everything that is under way beside the walk come to its end.

        All of it at once: what arrives while one part is waited for must not be left behind.
        """
        await workflow.wait_condition(lambda: self._people.is_idle and self._errands.are_done and workflow.all_handlers_finished())

    async def _close(self, run: SessionRun, end: EndRun) -> FlowResult:
        """Record the end, then answer whoever still asks, then end."""
        state = run.state
        await self._people.idle()
        self._people.is_over = True
        state.question, state.waits_for_sha, state.waits_until = None, "", None
        run.move(ENDING_EVENTS[end.ending])
        task = CloseSession(scope=run.scope, ending=end.ending, reason=end.reason, step=state.component, context=state.context)
        closed = await workflow.execute_activity_method(
            SessionContract.close_session, task, summary=f"close: {end.ending}", **retries.STORE
        )
        run.announce(closed.summary_ref, marker=f"ending-{state.opened.session_id}-{state.opened.run}")
        await self._settle()
        if end.ending is Ending.FAULT:
            raise ApplicationError(end.reason, type="SessionFailed", non_retryable=True)
        return FlowResult(session_id=state.opened.session_id, ending=end.ending)


async def _while_served(doing: Coroutine[Any, Any, T], serving: asyncio.Task[None]) -> T:
    """Return what is done while people are served.

    Where serving them dies of a fault of ours nobody would ever be answered again. Raised here, it fails the workflow's task: the
    server tells of it, and tries again until a worker without the fault takes over.
    """
    task = asyncio.create_task(doing)
    try:
        await workflow.wait_condition(lambda: task.done() or serving.done())
    except asyncio.CancelledError:
        task.cancel()
    if serving.done():
        serving.result()
    return await task


async def _walk_to_end(run: SessionRun) -> EndRun:
    """Return how the run ends; every fault that does not pass becomes an ending with its reason."""
    try:
        return await _walk(run)
    except EndRun as end:
        return end
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise asyncio.CancelledError from error
        return EndRun(Ending.FAULT, _failure(error).message)
    except ValidationError as error:
        return EndRun(Ending.FAULT, f"A step was given arguments that do not fit: {error.errors()[0]['msg']}.")
    except DuoFlowsError as error:
        return EndRun(Ending.FAULT, str(error))


async def _walk(run: SessionRun) -> EndRun:
    state = run.state
    while True:
        await run.safe_point()
        component = state.opened.definition.component(state.component)
        if not state.is_inside:
            state.is_inside = True
            state.step += 1
            state.passages[component.name] = state.passages.get(component.name, 0) + 1
        await run_component(run, component)
        state.is_inside = False
        route = _next(state)
        end = end_at(route, after=state.component, context=state.context)
        if end is not None:
            return EndRun(*end)
        state.component = route.to


def _next(state: RunState) -> Route:
    try:
        return next_component(state.opened.definition, after=state.component, context=state.context, status=flow_word(state.status))
    except MissingValue as missing:
        # A router that reads the result of a step that did not work would only say that there is none.
        error = (state.context.get(state.component) or {}).get("error")
        raise EndRun(Ending.FAULT, str(error or missing)) from missing


def _arguments(args: Sequence[RawValue]) -> tuple[StartFlow, Carried | None]:
    converter = workflow.payload_converter()
    # Only the server says that a run goes on from another; anybody could send the memory of a run that never was.
    info = workflow.info()
    if info.cron_schedule:
        raise ApplicationError(
            "A flow is not started by cron: use a Temporal schedule, which starts a session of its own each time.",
            type="InvalidStart",
            non_retryable=True,
        )
    # A workflow that the server tries again is continued too, with the arguments that anybody gave it at first.
    is_continued = info.continued_run_id is not None and info.attempt == 1
    if not args or (len(args) > 1 and not is_continued):
        raise ApplicationError(
            'A flow is started with one argument, for example {"project": "group/project", "requester": "maya", "goal": "…"}.',
            type="InvalidStart",
            non_retryable=True,
        )
    try:
        start = converter.from_payload(args[0].payload, StartFlow)
        carried = converter.from_payload(args[1].payload, Carried) if len(args) > 1 else None
    except ValidationError as error:
        raise _invalid_start(faults_of(error)) from None
    except ValueError:
        raise _invalid_start("it cannot be read as JSON") from None
    if not isinstance(start, StartFlow):
        raise ApplicationError("The flow's argument is null.", type="InvalidStart", non_retryable=True)
    return start, carried


def _invalid_start(what: str) -> ApplicationError:
    example = '{"project": "group/project", "requester": "maya", "goal": "…"}'
    return ApplicationError(f"The flow's argument is not valid. {what}. Write {example}.", type="InvalidStart", non_retryable=True)


def _failure(error: ActivityError) -> ApplicationError:
    cause = error.cause
    if isinstance(cause, ApplicationError):
        return ApplicationError(cause.message, type=cause.type or "Fault", non_retryable=True)
    return ApplicationError(f"{error.activity_type} did not succeed: {cause or error}", type="Fault", non_retryable=True)


def _refuse_unreadable(form: type[Model], given: Sequence[Any]) -> None:
    try:
        read(form, given)
    except Unreadable as problem:
        raise ApplicationError(str(problem), type="Unreadable", non_retryable=True) from None


def _update_id() -> str:
    info = workflow.current_update_info()
    return info.id if info else str(workflow.uuid4())
