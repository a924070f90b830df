"""Two who ask at once: one question is open at a time, each gets its own answer, and a new history mixes nothing up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.contracts import Asked, OpenedSession
from duo_flows.domain.model import Model
from duo_flows.domain.requests import Request, RequestKind, RequestState
from duo_flows.domain.sessions import SessionEvent, SessionUpdate
from tests.activities.acting import opened
from tests.doubles.world import World
from workflows import questions
from workflows.errands import Errands
from workflows.people import People
from workflows.run_state import Carried, RunState
from workflows.session_run import ContinueAsNew, SessionRun

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

ASKERS = ("lead", "helper#1", "helper#2")


class Start(Model):
    """The session, and the memory of the history before."""

    session: OpenedSession
    carried: Carried | None = None


@activity.defn(name="report_session")
async def report_session(_update: SessionUpdate) -> None:
    """Take a run's report; nobody reads it here."""


@workflow.defn
class Askers:
    """Three who ask side by side. They are answered by a signal that names whose question is meant, or leave for a new history."""

    def __init__(self) -> None:
        self._run: SessionRun | None = None

    @workflow.run
    async def run(self, start: Start) -> list[str]:
        """Return what each asker was answered."""
        carried = start.carried
        state = RunState.carried_on(carried) if carried else RunState.beginning(start.session)
        self._run = run = SessionRun(state, people=People(Errands()), errands=Errands())
        if carried is None:
            run.move(SessionEvent.START)
        # In a new history the others come first, while the question of one is still open.
        names = [name for name in (reversed(ASKERS) if carried else ASKERS) if name not in state.context]
        done = [asyncio.create_task(self._ask(run, name)) for name in names]
        try:
            await asyncio.gather(*done)
        except ContinueAsNew:
            memory = state.frozen(results={}, envelopes=())
            workflow.continue_as_new(start.model_copy(update={"carried": memory}))
        return [f"{name}: {state.context[name]}" for name in ASKERS]

    async def _ask(self, run: SessionRun, name: str) -> None:
        question = await questions.ask(run, lambda: self._question(name), asker=name, component=name.partition("#")[0])
        run.state.context[name] = question.words if question else "nothing"

    async def _question(self, name: str) -> Asked | None:
        # As an activity would, it takes a while: the others wait for the same moment meanwhile.
        await asyncio.sleep(0.01)
        if name == "helper#2":
            return None
        deadline = workflow.now() + timedelta(days=1)
        request = Request(id=name, requester_id=2, requester="maya", digest="0" * 64, deadline=deadline, kind=RequestKind.INPUT)
        return Asked(request=request, message_ref="m", note_ref="n")

    @workflow.signal
    async def answer(self, words: str) -> None:
        """Answer the question that is open. In a new history it can come before the run has begun."""
        if self._run is None:
            await workflow.wait_condition(lambda: self._run is not None)
        state = self._run.state
        closed = state.question.request.model_copy(update={"state": RequestState.RESPONDED})
        state.question = state.question.model_copy(update={"request": closed, "words": f"{words} for {state.question.asker}"})

    @workflow.signal
    def nudge(self) -> None:
        """Do nothing but make the history longer."""

    @workflow.query
    def open(self) -> str:
        """Return whose question is open."""
        question = self._run.state.question if self._run else None
        return question.asker if question else ""


@asynccontextmanager
async def asking(environment: WorkflowEnvironment) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """Run the three for as long as the block lasts."""
    session = (await opened(World())).model_copy(update={"merge_request_iid": None})
    queue = f"test-{uuid4().hex}"
    runner = UnsandboxedWorkflowRunner()
    async with Worker(
        environment.client, task_queue=queue, workflows=[Askers], activities=[report_session], workflow_runner=runner
    ):
        with environment.with_time_skipping_disabled():
            handle = await environment.client.start_workflow(
                "Askers", Start(session=session), id=f"test/{uuid4().hex}", task_queue=queue
            )
        yield handle


async def asked_by(handle: WorkflowHandle[Any, Any], name: str) -> None:
    """Wait until the question of this asker is open."""
    while await handle.query("open") != name:  # noqa: ASYNC110 - the server tells only when asked
        await asyncio.sleep(0.02)


async def test_each_is_asked_in_turn_and_gets_its_own_answer(temporal: WorkflowEnvironment):
    async with asking(temporal) as handle:
        await asked_by(handle, "lead")
        await handle.signal("answer", "yes")
        await asked_by(handle, "helper#1")
        await handle.signal("answer", "no")

        assert await handle.result() == ["lead: yes for lead", "helper#1: no for helper#1", "helper#2: nothing"]


async def test_in_a_new_history_an_open_question_is_still_its_askers(forgetful_temporal: WorkflowEnvironment):
    async with asking(forgetful_temporal) as handle:
        await asked_by(handle, "lead")
        for _ in range(60):
            await handle.signal("nudge")
        await asked_by(handle, "lead")
        await handle.signal("answer", "yes")
        await asked_by(handle, "helper#1")
        await handle.signal("answer", "no")

        assert await handle.result(follow_runs=True) == ["lead: yes for lead", "helper#1: no for helper#1", "helper#2: nothing"]
        first = forgetful_temporal.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        assert (await first.describe()).status is WorkflowExecutionStatus.CONTINUED_AS_NEW
