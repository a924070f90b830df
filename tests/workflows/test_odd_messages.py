"""Messages of any form: what cannot be read is refused with its reason, quoted nowhere, and never holds a run up."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowContinuedAsNewError, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.sessions import Ending, LogKind, SessionStatus
from signals.messages import Answer, AnswerResult
from signals.signatures import sign
from tests.doubles.world import MAYA, SIGNING_KEY, RunningFlow, World, running
from workers.wiring import worker_of

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

ODD: dict[str, list[Any]] = {
    "nothing": [],
    "null": [None],
    "a number": [5],
    "a text": ["PRIVATE"],
    "two values": [{"choice": "apply"}, "PRIVATE"],
    "no choice": [{}],
    "an unknown choice": [{"choice": "PRIVATE"}],
    "a digest that is no text": [{"choice": "apply", "digest": ["PRIVATE"]}],
    "an unknown field": [{"choice": "apply", "words": "PRIVATE"}],
    "a text too long": [{"choice": "modify", "text": "PRIVATE" * 10_000}],
}
odd_messages = pytest.mark.parametrize("sent", ODD.values(), ids=ODD)


async def refusals(flow: RunningFlow) -> list[str]:
    log = await flow.world.log((await flow.session()).id)
    return [f"{line.data['code']}: {line.text}" for line in log if line.kind is LogKind.REFUSAL]


def from_a_door(flow: RunningFlow, **fields: Any) -> Answer:
    return Answer.model_validate(
        {
            "choice": "apply",
            "actor": "maya",
            "actor_id": MAYA.id,
            "door": "gitlab",
            "event_id": "note:7:901",
            "received_at": datetime.now(UTC),
            "workflow_id": flow.handle.id,
            **fields,
        }
    )


@odd_messages
async def test_an_odd_signal_is_refused_and_the_question_can_still_be_answered(
    temporal: WorkflowEnvironment, sent: list[Any], caplog
):
    async with running(temporal, World()) as flow:
        await flow.question()
        await flow.handle.signal("answer", args=sent)
        accepted = await flow.answer("apply")

        told = await refusals(flow)
        assert [line.split(":")[0] for line in told] == ["unreadable"]
        assert "PRIVATE" not in told[0] + caplog.text
        assert accepted.is_accepted
        assert (await flow.ending())["ending"] == Ending.DONE


@odd_messages
async def test_an_odd_update_is_rejected_and_changes_nothing(temporal: WorkflowEnvironment, sent: list[Any]):
    async with running(temporal, World()) as flow:
        await flow.question()
        with pytest.raises(WorkflowUpdateFailedError) as rejected:
            await flow.handle.execute_update("submit_answer", args=sent)

        assert "PRIVATE" not in str(rejected.value.cause)
        assert (await flow.session()).status is SessionStatus.INPUT_REQUIRED
        assert await refusals(flow) == []


@pytest.mark.parametrize("sent", [[], [None], [7, 8]], ids=["nothing", "null", "two values"])
async def test_an_odd_stop_pause_resume_or_hint_holds_nothing_up(temporal: WorkflowEnvironment, sent: list[Any]):
    async with running(temporal, World()) as flow:
        await flow.question()
        await flow.handle.signal("stop", args=sent)
        await flow.handle.signal("pause", args=sent)
        await flow.handle.signal("resume", args=sent)
        await flow.handle.signal("pipeline_changed", args=sent)
        await flow.answer("apply")

        assert (await flow.ending())["ending"] == Ending.DONE


async def test_a_forged_message_does_not_use_up_the_event_of_a_door(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        digest = (await flow.question())["digest"]
        true = sign(from_a_door(flow, digest=digest), SIGNING_KEY)
        forged = true.model_copy(update={"choice": "cancel"})
        refused = await flow.handle.execute_update("submit_answer", forged, result_type=AnswerResult)
        taken = await flow.handle.execute_update("submit_answer", true, result_type=AnswerResult)

        assert (refused.is_accepted, refused.code) == (False, "forged")
        assert (taken.is_accepted, taken.code) == (True, "apply")
        assert (await flow.ending())["ending"] == Ending.DONE


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ({"project": 7}, "requester: it is missing"),
        ({"project": 7, "requester": "maya", "pipeline": 5}, "pipeline: there is no such field"),
        ("fix it", "The flow's argument is not valid."),
    ],
)
async def test_a_start_that_is_not_valid_is_told_in_words_of_ours(temporal: WorkflowEnvironment, start: Any, reason: str):
    world, task_queue = World(), f"test-{uuid4().hex}"
    async with worker_of(temporal.client, world.deps, task_queue=task_queue):
        with pytest.raises(WorkflowFailureError) as failed:
            await temporal.client.execute_workflow("fix_pipeline", arg=start, id=f"test/{uuid4().hex}", task_queue=task_queue)

    told = str(failed.value.cause)
    assert reason in told
    assert ("pydantic" in told, "https://" in told, "StartFlow" in told) == (False, False, False)


@pytest.mark.parametrize(
    ("args", "reason"),
    [([None], "null"), ([{"project": 7, "requester": "maya"}, {"opened": {}}], "is started with one argument")],
    ids=["null", "a memory"],
)
async def test_a_flow_is_not_started_with_null_or_with_the_memory_of_a_run_that_never_was(
    temporal: WorkflowEnvironment, args: list[Any], reason: str
):
    world, task_queue = World(), f"test-{uuid4().hex}"
    async with worker_of(temporal.client, world.deps, task_queue=task_queue):
        with pytest.raises(WorkflowFailureError) as failed:
            await temporal.client.execute_workflow("fix_pipeline", args=args, id=f"test/{uuid4().hex}", task_queue=task_queue)

    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "InvalidStart"
    assert reason in str(failed.value.cause)
    assert world.planner.asked == []


async def test_a_flow_started_by_cron_ends_at_once_and_its_next_turn_believes_no_memory(temporal: WorkflowEnvironment):
    world, task_queue = World(), f"test-{uuid4().hex}"
    start = {"project": 7, "requester": "maya", "pipeline_id": 500}
    async with worker_of(temporal.client, world.deps, task_queue=task_queue):
        handle = await temporal.client.start_workflow(
            "fix_pipeline", args=[start, {}], id=f"test/{uuid4().hex}", task_queue=task_queue, cron_schedule="@every 1s"
        )
        first = temporal.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        with pytest.raises(WorkflowContinuedAsNewError):
            await first.result(follow_runs=False)
        await temporal.client.get_workflow_handle(handle.id).terminate()
        last = (await first.fetch_history()).events[-1]

    assert "not started by cron" in last.workflow_execution_failed_event_attributes.failure.message
    assert world.planner.asked == []
