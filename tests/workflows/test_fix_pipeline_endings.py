"""Every ending of fix_pipeline, on the real Temporal server; the outside is made of doubles."""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.errors import NeverAgain, TryAgain
from duo_flows.domain.model_turns import StopReason
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.sessions import Ending, SessionStatus
from signals.messages import AnswerResult, Stop
from tests.doubles.world import READS, TEST_TEXT, World, calls, diagnosis, running, says
from tests.workflows.recording import recorded

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


async def test_an_applied_change_is_pushed_and_its_green_pipeline_ends_the_session(temporal: WorkflowEnvironment, record: bool):
    world = World()
    async with running(temporal, world) as flow:
        result = await flow.answer("apply")
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "done", record=record)

        assert result.is_accepted
        [(change, message)] = world.repository.pushed
        assert "+        self.assertAlmostEqual(job.created_at, time.time(), delta=5)" in change.diff
        assert f"Duo-Digest: {change.digest}" in message
        session = await flow.session()
        assert (session.status, session.ending) == (SessionStatus.FINISHED, Ending.DONE)
        assert "[pipeline 501]" in session.summary
        assert session.usage.cost_microusd == 6_000


async def test_what_is_pushed_is_what_was_shown_and_no_model_turn_lies_between(temporal: WorkflowEnvironment):
    world = World()
    async with running(temporal, world) as flow:
        asked = await flow.question()
        turns_before = len(world.planner.asked)
        await flow.answer("apply")
        await flow.ending()

        [(change, _)] = world.repository.pushed
        assert change.digest == asked["digest"]
        assert len(world.planner.asked) == turns_before


async def test_a_green_pipeline_leaves_nothing_to_do(temporal: WorkflowEnvironment, record: bool):
    world = World()
    green = world.add_pipeline("c" * 40, "success")
    async with running(temporal, world, pipeline_id=green.id) as flow:
        assert (await flow.ending())["ending"] == Ending.NOTHING_TO_DO
        await recorded(flow, "nothing_to_do", record=record)

        assert world.planner.asked == []
        assert "nothing to" in (await flow.session()).summary


async def test_a_pipeline_that_still_runs_is_told_as_such(temporal: WorkflowEnvironment):
    world = World()
    busy = world.add_pipeline("c" * 40, "running")
    async with running(temporal, world, pipeline_id=busy.id) as flow:
        assert (await flow.ending())["ending"] == Ending.NOTHING_TO_DO

        assert "still running" in (await flow.session()).summary


async def test_a_failure_that_no_change_repairs_is_explained(temporal: WorkflowEnvironment, record: bool):
    world = World(replies=[READS, diagnosis(decision="explain", category="network", edits=[], explanation="Retry it.")])
    async with running(temporal, world) as flow:
        assert (await flow.ending())["ending"] == Ending.NOT_FIXABLE
        await recorded(flow, "not_fixable", record=record)

        assert (await flow.session()).status is SessionStatus.FINISHED
        assert "Retry it." in world.notes_by_us()[-1]
        assert world.repository.pushed == []


async def test_low_confidence_proposes_nothing(temporal: WorkflowEnvironment, record: bool):
    world = World(replies=[READS, diagnosis(confidence="low")])
    async with running(temporal, world) as flow:
        assert (await flow.ending())["ending"] == Ending.LOW_CONFIDENCE
        await recorded(flow, "low_confidence", record=record)

        assert "not certain enough" in (await flow.session()).summary
        assert world.repository.pushed == []


async def test_cancel_stops_the_session_and_changes_nothing(temporal: WorkflowEnvironment, record: bool):
    world = World()
    async with running(temporal, world) as flow:
        await flow.answer("cancel")
        assert (await flow.ending())["ending"] == Ending.CANCELLED
        await recorded(flow, "cancelled", record=record)

        assert (await flow.session()).status is SessionStatus.STOPPED
        assert world.repository.pushed == []


async def test_a_modification_shows_a_new_proposal_before_anything_is_done(temporal: WorkflowEnvironment, record: bool):
    other = {"path": "tests/test_retry.py", "old_text": "1691500800", "new_text": "pytest.approx(time.time())"}
    world = World(replies=[READS, diagnosis(), diagnosis(edits=[other])])
    async with running(temporal, world) as flow:
        first = await flow.question()
        await flow.answer("modify", text="Use approx instead.")
        second = await flow.next_question(after=first)
        assert world.repository.pushed == []
        await flow.answer("apply")
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "modified", record=record)

        assert "Use approx instead." in str(world.planner.asked[-1].messages[-1].content)
        [(change, _)] = world.repository.pushed
        assert change.digest == second["digest"]


async def test_seven_days_without_an_answer_stop_the_session(temporal: WorkflowEnvironment, record: bool):
    world = World()
    async with running(temporal, world) as flow:
        await flow.question()
        await temporal.fast_forward(flow.handle, timedelta(days=7, minutes=1))
        assert (await flow.ending())["ending"] == Ending.EXPIRED
        await recorded(flow, "expired", record=record)

        session = await flow.session()
        assert (session.status, session.ending) == (SessionStatus.STOPPED, Ending.EXPIRED)
        assert "Nobody answered before" in session.summary
        assert world.repository.pushed == []


async def test_a_red_pipeline_after_the_change_is_learned_from(temporal: WorkflowEnvironment, record: bool):
    second = {"path": "tests/test_retry.py", "old_text": "delta=5", "new_text": "delta=60"}
    world = World(replies=[READS, diagnosis(), diagnosis(edits=[second])], statuses_after_push=["failed", "success"])
    async with running(temporal, world) as flow:
        first = await flow.question()
        await flow.answer("apply")
        await flow.next_question(after=first)
        await flow.answer("apply")
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "second_attempt", record=record)

        assert "still red" in str(world.planner.asked[-1].messages[-1].content)
        assert len(world.repository.pushed) == 2


async def test_three_red_pipelines_use_up_the_attempts(temporal: WorkflowEnvironment, record: bool):
    edits = [{"path": "tests/test_retry.py", "old_text": f"delta={n}", "new_text": f"delta={n + 1}"} for n in (5, 6)]
    replies = [READS, diagnosis(), diagnosis(edits=[edits[0]]), diagnosis(edits=[edits[1]])]
    world = World(replies=replies, statuses_after_push=["failed", "failed", "failed"])
    async with running(temporal, world) as flow:
        first = await flow.question()
        await flow.answer("apply")
        second = await flow.next_question(after=first)
        await flow.answer("apply")
        await flow.next_question(after=second)
        await flow.answer("apply")
        assert (await flow.ending())["ending"] == Ending.ATTEMPTS_USED_UP
        await recorded(flow, "attempts_used_up", record=record)

        session = await flow.session()
        assert session.status is SessionStatus.STOPPED
        assert "Still red" in session.summary
        assert len(world.repository.pushed) == 3


async def test_a_moved_branch_means_a_new_proposal_and_no_stale_write(temporal: WorkflowEnvironment, record: bool):
    world = World(replies=[READS, diagnosis(), diagnosis()])
    async with running(temporal, world) as flow:
        first = await flow.question()
        world.somebody_pushes("import time\n" + TEST_TEXT)
        await flow.answer("apply")
        await flow.next_question(after=first)
        assert world.repository.pushed == []
        await flow.answer("apply")
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "moved_branch", record=record)

        [(change, _)] = world.repository.pushed
        assert change.base_sha == "b" * 40
        assert "import time" in (change.files[0].content or "")


async def test_the_requester_stops_the_session(temporal: WorkflowEnvironment, record: bool):
    world = World()
    async with running(temporal, world) as flow:
        await flow.question()
        told = await flow.handle.execute_update("submit_stop", Stop(actor="maya", reason="no need"), result_type=AnswerResult)
        assert (await flow.ending())["ending"] == Ending.STOPPED
        await recorded(flow, "stopped", record=record)

        assert told.is_accepted
        assert (await flow.session()).summary.strip() == "Stopped by @maya: no need."


async def test_a_stop_gives_up_a_model_that_is_down(temporal: WorkflowEnvironment):
    world = World(replies=[TryAgain("Claude is overloaded.", retry_after=timedelta(hours=1))])
    async with running(temporal, world) as flow:
        await flow.asked_model()
        await flow.handle.execute_update("submit_stop", Stop(actor="maya"), result_type=AnswerResult)

        assert (await flow.ending())["ending"] == Ending.STOPPED
        assert (await flow.session()).status is SessionStatus.STOPPED


async def test_a_stranger_cannot_stop_the_session(temporal: WorkflowEnvironment):
    world = World()
    async with running(temporal, world) as flow:
        await flow.question()
        told = await flow.handle.execute_update("submit_stop", Stop(actor="mallory"), result_type=AnswerResult)

        assert not told.is_accepted
        assert told.reason == "Only @maya or a Maintainer of meridian/payments can stop this."
        assert (await flow.session()).status is SessionStatus.INPUT_REQUIRED


async def test_the_cost_cap_stops_the_session(temporal: WorkflowEnvironment, record: bool):
    world = World()
    world.limits = world.limits.model_copy(update={"cost_cap_microusd": 3_000})
    async with running(temporal, world) as flow:
        assert (await flow.ending())["ending"] == Ending.COST_CAP
        await recorded(flow, "cost_cap", record=record)

        assert (await flow.session()).status is SessionStatus.STOPPED
        assert len(world.planner.asked) == 1


async def test_a_fault_that_does_not_pass_fails_the_session_and_says_what_to_do(temporal: WorkflowEnvironment, record: bool):
    world = World(replies=[NeverAgain("Claude does not accept the key: set ANTHROPIC_API_KEY.")])
    async with running(temporal, world) as flow:
        with pytest.raises(WorkflowFailureError):
            await flow.ending()
        await recorded(flow, "fault", record=record)

        session = await flow.session()
        assert (session.status, session.ending) == (SessionStatus.FAILED, Ending.FAULT)
        assert "set ANTHROPIC_API_KEY" in session.summary


async def test_an_agent_that_never_fits_the_schema_fails_the_session(temporal: WorkflowEnvironment):
    world = World(replies=[says("no JSON") for _ in range(4)])
    async with running(temporal, world) as flow:
        with pytest.raises(WorkflowFailureError):
            await flow.ending()

        assert "no acceptable answer in 4 turns" in (await flow.session()).summary


async def test_a_model_that_declines_fails_the_session_with_its_reason(temporal: WorkflowEnvironment):
    declined = says("", StopReason.REFUSED).model_copy(update={"stop_details": "policy: this looks like malware."})
    world = World(replies=[declined])
    async with running(temporal, world) as flow:
        with pytest.raises(WorkflowFailureError):
            await flow.ending()

        assert "declined to go on in diagnose: policy: this looks like malware." in (await flow.session()).summary
        assert world.repository.pushed == []


async def test_a_cut_off_answer_is_asked_for_again(temporal: WorkflowEnvironment):
    world = World(replies=[READS, says('{"decision', StopReason.CUT_OFF), diagnosis()])
    async with running(temporal, world) as flow:
        await flow.answer("cancel")
        await flow.ending()

        assert "cut off" in str(world.planner.asked[-1].messages[-1].content)


async def test_an_edit_that_does_not_fit_goes_back_to_the_agent(temporal: WorkflowEnvironment):
    wrong = {"path": "tests/test_retry.py", "old_text": "not there", "new_text": "x"}
    world = World(replies=[READS, diagnosis(edits=[wrong]), diagnosis()])
    async with running(temporal, world) as flow:
        await flow.answer("cancel")
        await flow.ending()

        assert "does not stand in tests/test_retry.py" in str(world.planner.asked[-1].messages[-1].content)


async def test_edits_that_never_fit_end_the_session_honestly(temporal: WorkflowEnvironment):
    wrong = {"path": "tests/test_retry.py", "old_text": "not there", "new_text": "x"}
    world = World(replies=[READS, *(diagnosis(edits=[wrong]) for _ in range(3))])
    async with running(temporal, world) as flow:
        assert (await flow.ending())["ending"] == Ending.NOT_FIXABLE

        assert "does not stand in tests/test_retry.py" in (await flow.session()).summary
        assert world.planner.replies == []


async def test_a_tool_outside_the_toolset_is_refused_to_the_agent(temporal: WorkflowEnvironment):
    world = World(replies=[calls(("push_change", {"change_ref": "x", "digest": "y"})), diagnosis()])
    async with running(temporal, world) as flow:
        await flow.answer("cancel")
        await flow.ending()

        assert "diagnose has no tool 'push_change'" in str(world.planner.asked[-1].messages[-1].content)
        assert world.repository.pushed == []


async def test_somebody_who_lost_access_meanwhile_gets_nothing_pushed(temporal: WorkflowEnvironment):
    world = World()
    async with running(temporal, world) as flow:
        await flow.question()
        world.forge.levels[7, 2] = AccessLevel.REPORTER
        await flow.answer("apply")
        with pytest.raises(WorkflowFailureError):
            await flow.ending()

        assert "push_change needs Developer" in (await flow.session()).summary
        assert world.repository.pushed == []


async def test_the_operator_cancels_in_temporal(temporal: WorkflowEnvironment, record: bool):
    world = World()
    async with running(temporal, world) as flow:
        await flow.question()
        await flow.handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await flow.ending()
        await recorded(flow, "cancelled_by_operator", record=record)

        session = await flow.session()
        assert (session.status, session.ending) == (SessionStatus.STOPPED, Ending.STOPPED)
        assert "by the operator" in session.summary
