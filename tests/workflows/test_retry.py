"""A retry is the session's next run: its own workflow, the same frozen definition, one log (S3)."""

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.sessions import Ending, SessionStatus
from signals.messages import StartFlow
from signals.signatures import sign
from tests.doubles.world import READS, SIGNING_KEY, RunningFlow, World, diagnosis, running

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


async def start_next_run(temporal: WorkflowEnvironment, flow: RunningFlow) -> RunningFlow:
    """Start the next run as a door does."""
    session = await flow.session()
    run = await flow.world.store.sessions.start_next_run(session.id, after=session.run)
    message = StartFlow(
        project=7, requester=2, pipeline_id=500, session_id=session.id, run=run.n, flow="fix_pipeline", trigger="api"
    )
    with temporal.with_time_skipping_disabled():
        handle = await temporal.client.start_workflow(
            "fix_pipeline", sign(message, SIGNING_KEY), id=run.workflow_id, task_queue=flow.task_queue
        )
    return RunningFlow(handle, flow.world, flow.task_queue)


async def test_a_cancelled_session_goes_on_as_its_second_run(temporal: WorkflowEnvironment):
    world = World(replies=[READS, diagnosis(), READS, diagnosis()])
    async with running(temporal, world) as first:
        await first.answer("cancel")
        await first.ending()
        before = await first.session()
        second = await start_next_run(temporal, first)
        await second.answer("apply")
        ending = await second.ending()

        after = await second.session()
        assert ending == {"session_id": before.id, "ending": Ending.DONE}
        assert (after.run, after.status, after.definition_ref) == (2, SessionStatus.FINISHED, before.definition_ref)
        assert {line.run for line in await world.log(before.id)} == {1, 2}


async def test_consent_of_an_earlier_run_does_not_count_in_the_next(temporal: WorkflowEnvironment):
    world = World(replies=[READS, diagnosis(), READS, diagnosis()], statuses_after_push=["running", "success"])
    async with running(temporal, world) as first:
        asked = await first.question()
        await first.answer("cancel")
        await first.ending()
        second = await start_next_run(temporal, first)
        again = await second.question()

        assert again["digest"] == asked["digest"]
        assert again["request_id"] != asked["request_id"]
        assert world.repository.pushed == []


async def test_an_unsigned_start_cannot_join_a_session(temporal: WorkflowEnvironment):
    world = World(replies=[READS, diagnosis(), READS, diagnosis()])
    async with running(temporal, world) as first:
        await first.answer("cancel")
        await first.ending()
        session = await first.session()
        async with running(temporal, world, session_id=session.id, run=2) as other:
            await other.question()

            assert (await other.session()).id != session.id
            assert (await first.session()).run == 1
