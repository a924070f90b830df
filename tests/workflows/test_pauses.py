"""Pause, resume and stop on their way through a running flow: at the next safe point, once, and with nothing lost (S3)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.sessions import Ending, LogKind, SessionStatus
from signals.messages import AnswerResult, Pause, Resume, Stop
from signals.signatures import sign
from tests.doubles.world import DANIEL, MAYA, READS, SIGNING_KEY, RunningFlow, World, calls, diagnosis, running, says, serving
from tests.workflows.approving import APPROVED, HELLO, asking, written
from tests.workflows.recording import recorded
from tests.workflows.test_sub_agents import flow as team
from tests.workflows.test_sub_agents import task

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

FORMS = {"stop": Stop, "pause": Pause, "resume": Resume}


async def steer(flow: RunningFlow, steer: str, *, actor: str = "maya", **fields: Any) -> AnswerResult:
    """Ask for something by update."""
    message = FORMS[steer].model_validate({"actor": actor, **fields})
    return await flow.handle.execute_update(f"submit_{steer}", message, result_type=AnswerResult)


async def reached(flow: RunningFlow, status: SessionStatus) -> None:
    """Wait until the session has a status; fails if the run ends instead."""
    while (await flow.session()).status is not status:
        assert (await flow.handle.describe()).status is WorkflowExecutionStatus.RUNNING
        await asyncio.sleep(0.02)


async def lines(flow: RunningFlow, kind: LogKind) -> list[str]:
    session = await flow.session()
    return [line.text for line in await flow.world.log(session.id) if line.kind is kind]


class HeldModel:
    """A model that answers, from some turn on, only once it is let go on: a turn is under way for as long as a test needs."""

    def __init__(self, world: World, *, from_turn: int = 1) -> None:
        self._turn, self._turns_left = world.planner.turn, from_turn
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()
        world.planner.turn = self.turn  # type: ignore[method-assign]

    async def turn(self, request: Any, *, on_progress: Any) -> Any:
        self._turns_left -= 1
        if self._turns_left <= 0:
            self.asked.set()
            await self.let_go.wait()
        return await self._turn(request, on_progress=on_progress)


async def paused_at_work(flow: RunningFlow, model: HeldModel) -> None:
    """Pause the session during the model's first turn, and let that turn finish."""
    await model.asked.wait()
    assert (await steer(flow, "pause", reason="lunch")).code == "pausing"
    model.let_go.set()
    await reached(flow, SessionStatus.PAUSED)


async def test_a_pause_lets_the_turn_under_way_finish_and_then_nothing_runs(temporal: WorkflowEnvironment, record: bool):
    world = World()
    model = HeldModel(world)
    async with running(temporal, world) as flow:
        await paused_at_work(flow, model)
        session = await flow.session()
        described = await flow.handle.describe()

        assert session.usage.turns == 1
        assert session.waiting is not None
        assert (session.waiting.reason, session.waiting.on, session.waiting.until) == ("paused by @maya", "maya", None)
        assert list(described.raw_description.pending_activities) == []
        assert await lines(flow, LogKind.STATUS) == [
            "@maya started fix_pipeline in meridian/payments on feat/payment-retry.",
            "Paused by @maya: lunch.",
        ]

        assert (await steer(flow, "resume")).code == "resuming"
        await flow.answer("apply")
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "paused_and_resumed", record=record)

        assert (await lines(flow, LogKind.STATUS))[-1] == "The session goes on."
        assert len(world.planner.asked) == 2
        assert world.planner.replies == []


async def test_months_of_pause_change_nothing(temporal: WorkflowEnvironment):
    world = World()
    model = HeldModel(world)
    async with running(temporal, world) as flow:
        await paused_at_work(flow, model)
        await temporal.fast_forward(flow.handle, timedelta(days=90))

        assert (await flow.session()).status is SessionStatus.PAUSED
        await steer(flow, "resume")
        asked = await flow.question()
        assert datetime.fromisoformat(asked["until"]) > datetime.now(UTC) + timedelta(days=96)


async def test_a_paused_session_can_be_stopped(temporal: WorkflowEnvironment, record: bool):
    world = World()
    model = HeldModel(world)
    async with running(temporal, world) as flow:
        await paused_at_work(flow, model)
        result = await steer(flow, "stop", actor="daniel-r")
        assert (await flow.ending())["ending"] == Ending.STOPPED
        await recorded(flow, "stopped_while_paused", record=record)

        session = await flow.session()
        assert (result.code, session.status, session.summary) == ("stopping", SessionStatus.STOPPED, "Stopped by @daniel-r.")
        assert len(world.planner.asked) == 1


async def test_a_paused_session_takes_no_answer(temporal: WorkflowEnvironment):
    model = HeldModel(world := World())
    async with running(temporal, world) as flow:
        await paused_at_work(flow, model)
        result = await flow.handle.execute_update(
            "submit_answer", {"choice": "apply", "digest": "0" * 12, "actor": "maya"}, result_type=AnswerResult
        )

        assert (result.is_accepted, result.code) == (False, "nothing_asked")
        assert (await flow.session()).status is SessionStatus.PAUSED


async def test_a_pause_while_a_question_is_open_comes_after_its_answer(temporal: WorkflowEnvironment, record: bool):
    world = World()
    async with running(temporal, world) as flow:
        await flow.question()
        result = await steer(flow, "pause")
        asked = await flow.session()
        assert (result.code, asked.status) == ("pausing", SessionStatus.INPUT_REQUIRED)
        assert "pauses after it" in result.reason

        assert (await flow.answer("apply")).is_accepted
        await reached(flow, SessionStatus.PAUSED)
        assert world.repository.pushed == []

        await steer(flow, "resume")
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "paused_after_an_answer", record=record)
        assert len(world.repository.pushed) == 1


async def test_a_pause_does_not_hold_the_deadline_of_an_open_question(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        await flow.question()
        await steer(flow, "pause")
        await temporal.fast_forward(flow.handle, timedelta(days=7, minutes=1))

        assert (await flow.ending())["ending"] == Ending.EXPIRED


async def test_a_pause_during_the_wait_for_a_pipeline_takes_nothing_from_its_time(temporal: WorkflowEnvironment):
    world = World(statuses_after_push=["running"])
    async with running(temporal, world) as flow:
        await flow.answer("apply")
        await flow.at_step("await_pipeline")
        await steer(flow, "pause")
        await reached(flow, SessionStatus.PAUSED)
        await temporal.fast_forward(flow.handle, timedelta(days=2))
        sha = world.repository.pushed and next(iter(reversed(world.forge.pipelines_by_id.values()))).sha
        world.add_pipeline(str(sha), "success")
        await steer(flow, "resume")

        assert (await flow.ending())["ending"] == Ending.DONE


async def test_resuming_before_the_safe_point_takes_the_pause_back(temporal: WorkflowEnvironment):
    world = World()
    async with running(temporal, world) as flow:
        await flow.question()
        first, second = await steer(flow, "pause"), await steer(flow, "resume")
        await flow.answer("apply")
        await flow.ending()

        assert (first.code, second.code) == ("pausing", "resuming")
        assert "Paused by @maya." not in await lines(flow, LogKind.STATUS)


@pytest.mark.parametrize(
    ("again", "code"),
    [("pause", "paused"), ("resume", "not_paused")],
)
async def test_asking_again_is_accepted_and_leaves_no_second_line(temporal: WorkflowEnvironment, again: str, code: str):
    model = HeldModel(world := World())
    async with running(temporal, world) as flow:
        await paused_at_work(flow, model)
        turned = {"pause": ["pause"], "resume": ["resume", "resume"]}[again]
        results = [await steer(flow, one, actor="daniel-r") for one in turned]

        assert (results[-1].is_accepted, results[-1].code) == (True, code)
        asked = [text for text in await lines(flow, LogKind.ANSWER) if f"asked to {again}" in text]
        assert len(asked) == 1


async def test_an_event_that_arrives_again_does_not_pause_a_session_that_was_resumed(temporal: WorkflowEnvironment):
    model = HeldModel(world := World())
    async with running(temporal, world) as flow:
        await model.asked.wait()
        message = Pause(
            actor="maya", actor_id=MAYA.id, door="api", event_id="api:1", received_at=datetime.now(UTC), workflow_id=flow.handle.id
        )
        signed = sign(message, SIGNING_KEY)
        await flow.handle.signal("pause", signed)
        await flow.handle.execute_update("submit_resume", Resume(actor="maya"), result_type=AnswerResult)
        again = await flow.handle.execute_update("submit_pause", signed, result_type=AnswerResult)
        model.let_go.set()
        await flow.answer("apply")

        assert again.code == "pausing"
        assert (await flow.ending())["ending"] == Ending.DONE
        assert "Paused by @maya." not in await lines(flow, LogKind.STATUS)


async def test_a_signed_pause_is_not_a_signed_stop(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        await flow.question()
        pause = sign(Pause(actor="daniel-r", actor_id=DANIEL.id, event_id="api:1", workflow_id=flow.handle.id), SIGNING_KEY)
        result = await flow.handle.execute_update("submit_stop", pause, result_type=AnswerResult)

        assert (result.is_accepted, result.code) == (False, "forged")
        assert (await flow.session()).status is SessionStatus.INPUT_REQUIRED


@pytest.mark.parametrize("wanted", ["pause", "resume", "stop"])
async def test_a_stranger_steers_nothing(temporal: WorkflowEnvironment, wanted: str):
    model = HeldModel(world := World())
    async with running(temporal, world) as flow:
        await paused_at_work(flow, model)
        result = await steer(flow, wanted, actor="mallory")

        assert (result.is_accepted, result.code) == (False, "may_not_stop")
        assert f"can {wanted} this" in result.reason
        assert (await flow.session()).status is SessionStatus.PAUSED


async def test_a_session_that_is_being_stopped_is_not_paused(temporal: WorkflowEnvironment):
    async with running(temporal, world := World()) as flow:
        await flow.question()
    await flow.handle.signal("stop", Stop(actor="maya"))
    await flow.handle.signal("pause", Pause(actor="daniel-r"))
    async with serving(temporal, world, flow):
        assert (await flow.ending())["ending"] == Ending.STOPPED

        assert await lines(flow, LogKind.REFUSAL) == ["The session is being stopped, by @maya. Nothing was changed."]
        assert "Paused by @daniel-r." not in await lines(flow, LogKind.STATUS)


async def test_a_pause_outlives_its_worker(temporal: WorkflowEnvironment):
    model = HeldModel(world := World())
    async with running(temporal, world) as flow:
        await paused_at_work(flow, model)
    async with serving(temporal, world, flow):
        await steer(flow, "resume")
        await flow.answer("apply")

        assert (await flow.ending())["ending"] == Ending.DONE
        assert len(world.planner.asked) == 2


async def test_a_pause_survives_a_flood_that_continues_as_new(forgetful_temporal: WorkflowEnvironment):
    model = HeldModel(world := World(replies=[READS, calls(("list_repository_tree", {"path": ""})), diagnosis()]))
    async with running(forgetful_temporal, world) as flow:
        await paused_at_work(flow, model)
        refused = [await steer(flow, "resume", actor="mallory", event_id=f"stranger:{n}") for n in range(40)]
        current = forgetful_temporal.client.get_workflow_handle(flow.handle.id)
        assert (await current.describe()).run_id != flow.handle.first_execution_run_id
        still = await flow.session()
        assert (still.status, still.waiting and still.waiting.reason) == (SessionStatus.PAUSED, "paused by @maya")

        await current.execute_update("submit_resume", Resume(actor="maya"), result_type=AnswerResult)
        await flow.answer("apply")
        ending = await flow.handle.result(follow_runs=True)

        assert {result.code for result in refused} == {"may_not_stop"}
        assert ending["ending"] == Ending.DONE
        assert len(world.planner.asked) == 3
        assert (await lines(flow, LogKind.STATUS)).count("Paused by @maya: lunch.") == 1


async def test_a_pause_takes_effect_in_the_rounds_of_a_sub_agent_too(temporal: WorkflowEnvironment):
    world = World(replies=[calls(task("reader")), calls(("get_job_logs", {})), says("Line 3 fails."), says("It is line 3.")])
    model = HeldModel(world, from_turn=2)
    async with running(temporal, world, **team()) as flow:
        await paused_at_work(flow, model)
        assert (len(world.planner.replies), (await flow.session()).usage.turns) == (2, 2)

        await steer(flow, "resume")
        assert (await flow.ending())["ending"] == Ending.DONE
        assert world.planner.replies == []


async def test_a_pause_while_calls_are_asked_about_comes_after_they_are_made(temporal: WorkflowEnvironment):
    world = asking((HELLO,))
    async with running(temporal, world, definition=APPROVED) as flow:
        await flow.question()
        assert (await steer(flow, "pause")).code == "pausing"
        assert (await flow.session()).status is SessionStatus.TOOL_CALL_APPROVAL_REQUIRED
        await flow.answer("apply")
        await reached(flow, SessionStatus.PAUSED)
        assert written(world) == ["Hello"]

        await steer(flow, "resume")
        assert (await flow.ending())["ending"] == Ending.DONE
        assert written(world) == ["Hello"]


async def test_a_component_is_counted_once_however_often_its_run_continues_as_new(forgetful_temporal: WorkflowEnvironment):
    world = World(statuses_after_push=["running"])
    async with running(forgetful_temporal, world) as flow:
        await flow.answer("apply")
        await flow.at_step("await_pipeline")
        for n in range(30):
            await steer(flow, "resume", actor="mallory", event_id=f"stranger:{n}")
        world.add_pipeline(next(reversed(world.forge.pipelines_by_id.values())).sha, "failed")
        world.planner.replies.append(diagnosis(decision="explain"))
        await flow.handle.result(follow_runs=True)

        session = await flow.session()
        assert session.ending is Ending.NOT_FIXABLE
