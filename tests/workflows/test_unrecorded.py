"""What cannot be recorded, or dies of a fault of ours, is told and holds nobody up for good."""

import asyncio
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain import steering
from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.sessions import Ending, LogKind, SessionStatus, SessionUpdate
from signals.messages import Answer, AnswerResult, Pause
from tests.doubles.world import RunningFlow, World, running

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


class FullStore:
    """Refuses the reports of some kinds of lines, as many as it is told to, and takes all others."""

    def __init__(self, world: World, *kinds: LogKind, refusals: int) -> None:
        self._update, self._kinds, self._left = world.store.sessions.update, kinds, refusals
        world.store.sessions.update = self.update  # type: ignore[method-assign]

    async def update(self, update: SessionUpdate) -> None:
        if self._left and any(entry.kind in self._kinds for entry in update.entries):
            self._left -= 1
            raise NeverAgain("The store does not take this line.", code="not_stored")
        await self._update(update)


class Faulty:
    """A rule of ours with a fault, until it is mended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        monkeypatch.setattr(steering, "steered", self.steered)

    def steered(self, *_given: Any, **_named: Any) -> Any:
        raise ZeroDivisionError("a fault of ours")

    def mend(self) -> None:
        self.monkeypatch.undo()


async def failed_tasks(flow: RunningFlow) -> list[str]:
    """Return why tasks of the workflow have failed, once one has."""
    while True:
        events = (await flow.handle.fetch_history()).events
        failures = [event.workflow_task_failed_event_attributes for event in events]
        if told := [failure.failure.message for failure in failures if failure.failure.message]:
            return told
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("actor", ["maya", "mallory"], ids=["an answer", "a refusal"])
async def test_an_answer_that_cannot_be_recorded_is_refused_and_the_next_one_counts(temporal: WorkflowEnvironment, actor: str):
    FullStore(world := World(), LogKind.ANSWER, LogKind.REFUSAL, refusals=1)
    async with running(temporal, world) as flow:
        refused = await flow.answer("apply", actor=actor, event_id="api:1")

        assert (refused.is_accepted, refused.code) == (False, "not_recorded")
        assert "The store does not take this line." in refused.reason
        assert (await flow.session()).status is SessionStatus.INPUT_REQUIRED
        assert world.repository.pushed == []

        assert (await flow.answer("apply", event_id="api:1")).is_accepted
        assert (await flow.ending())["ending"] == Ending.DONE


async def test_a_wish_that_cannot_be_recorded_changes_nothing(temporal: WorkflowEnvironment):
    FullStore(world := World(), LogKind.ANSWER, refusals=1)
    async with running(temporal, world) as flow:
        await flow.question()
        refused = await flow.handle.execute_update("submit_pause", Pause(actor="maya"), result_type=AnswerResult)
        await flow.answer("apply")

        assert refused.code == "not_recorded"
        assert (await flow.ending())["ending"] == Ending.DONE


async def test_a_fault_of_ours_in_a_ruling_is_seen_and_the_run_goes_on_once_it_is_mended(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
):
    faulty = Faulty(monkeypatch)
    async with running(temporal, World()) as flow:
        asked = await flow.question()
        await flow.handle.signal("pause", Pause(actor="maya"))
        assert (await failed_tasks(flow))[0] == "a fault of ours"

        faulty.mend()
        apply = Answer.model_validate({"choice": "apply", "digest": asked["digest"], "actor": "maya"})
        answered = await flow.handle.execute_update("submit_answer", apply, result_type=AnswerResult)
        assert answered.is_accepted
        assert (await flow.session()).status is not SessionStatus.FAILED
