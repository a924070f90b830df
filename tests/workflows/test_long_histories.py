"""A run whose history becomes long continues as new, wherever it stands, and nothing of it is lost (F9)."""

import asyncio

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.requests import Choice
from duo_flows.domain.sessions import Ending, LogKind
from signals.messages import Answer, AnswerResult
from tests.doubles.world import READS, World, calls, diagnosis, running

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

TURNS = 40


async def test_an_agent_of_many_turns_continues_as_new_and_asks_no_turn_twice(forgetful_temporal: WorkflowEnvironment):
    reading = [calls(("list_repository_tree", {"path": ""})) for _ in range(TURNS - 5)]
    world = World(replies=[READS, *reading, diagnosis()])
    async with running(forgetful_temporal, world) as flow:
        await flow.question()
        await flow.answer("apply")
        ending = await flow.handle.result(follow_runs=True)

        assert ending["ending"] == Ending.DONE
        assert world.planner.replies == []
        assert len(world.planner.asked) == TURNS - 3
        first = await forgetful_temporal.client.get_workflow_handle(
            flow.handle.id, run_id=flow.handle.first_execution_run_id
        ).describe()
        assert first.status is not None
        assert first.status.name == "CONTINUED_AS_NEW"


async def test_a_question_survives_a_flood_of_refused_answers(forgetful_temporal: WorkflowEnvironment):
    world = World()
    async with running(forgetful_temporal, world) as flow:
        asked = await flow.question()
        wrong = [Answer(choice=Choice.APPLY, digest="0" * 12, actor="maya", event_id=f"wrong:{n}") for n in range(40)]
        refusals = [await flow.handle.execute_update("submit_answer", answer, result_type=AnswerResult) for answer in wrong]
        again = await flow.question()
        await flow.answer("apply")
        await flow.handle.result(follow_runs=True)

        assert [refusal.code for refusal in refusals] == ["stale_digest"] * 40
        assert (again["digest"], again["until"]) == (asked["digest"], asked["until"])
        log = await world.log((await flow.session()).id)
        assert len([line for line in log if line.kind is LogKind.REFUSAL]) == 40
        assert len(world.repository.pushed) == 1


async def test_signals_that_arrive_all_at_once_are_carried_on_and_none_is_lost(forgetful_temporal: WorkflowEnvironment):
    world = World()
    async with running(forgetful_temporal, world) as flow:
        asked = await flow.question()
        wrong = [Answer(choice=Choice.APPLY, digest="0" * 12, actor="maya", event_id=f"wrong:{n}") for n in range(120)]
        await asyncio.gather(*(flow.handle.signal("answer", answer) for answer in wrong))
        await flow.handle.signal("answer", Answer(choice=Choice.APPLY, digest=asked["digest"], actor="maya", event_id="right"))
        ending = await flow.handle.result(follow_runs=True)

        assert ending["ending"] == Ending.DONE
        log = await world.log((await flow.session()).id)
        told = [line.data["event_id"] for line in log if line.kind is LogKind.REFUSAL]
        assert sorted(told) == sorted(answer.event_id for answer in wrong)
        assert len(world.repository.pushed) == 1
        # Had all been worked on in the history in which they arrived, each would have left two activities there.
        first = forgetful_temporal.client.get_workflow_handle(flow.handle.id, run_id=flow.handle.first_execution_run_id)
        events = (await first.fetch_history()).events
        assert len([event for event in events if event.HasField("activity_task_scheduled_event_attributes")]) < len(wrong)
