"""The door's way to Temporal, on the real server: starts once, answers or says nothing, and knows what has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from duo_flows.domain.errors import NotFound
from duo_flows.domain.requests import Choice
from duo_flows.web.runtime import TemporalFlowRuntime
from signals import names
from signals.messages import Answer, AnswerResult, Pause, PipelineChanged, Resume, StartFlow, Stop

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

START = StartFlow(project=7, requester=1, goal="first")
ANSWER = Answer(choice=Choice.APPLY, digest="0" * 12, event_id="api:1")
WITHIN = timedelta(seconds=10)


@workflow.defn(name="recording_flow")
class RecordingFlow:
    """Takes every message and returns what it got when it is stopped."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.is_stopped = False

    @workflow.run
    async def run(self, start: StartFlow) -> list[str]:
        await workflow.wait_condition(lambda: self.is_stopped)
        return [start.goal, *self.heard]

    @workflow.signal(name=names.SIGNAL_ANSWER)
    async def answer(self, answer: Answer) -> None:
        self.heard.append(f"answer {answer.choice}")

    @workflow.signal(name=names.SIGNAL_PIPELINE)
    async def pipeline(self, hint: PipelineChanged) -> None:
        self.heard.append(f"pipeline {hint.pipeline_id}")

    @workflow.signal(name=names.SIGNAL_STOP)
    async def stop(self, stop: Stop) -> None:
        self.heard.append(f"stop {stop.reason}")
        self.is_stopped = True

    @workflow.update(name=names.UPDATE_STOP)
    async def submit_stop(self, stop: Stop) -> AnswerResult:
        return self._asked("stop", stop.reason)

    @workflow.signal(name=names.SIGNAL_PAUSE)
    async def pause(self, pause: Pause) -> None:
        self.heard.append(f"pause {pause.reason}")

    @workflow.update(name=names.UPDATE_PAUSE)
    async def submit_pause(self, pause: Pause) -> AnswerResult:
        return self._asked("pause", pause.reason)

    @workflow.signal(name=names.SIGNAL_RESUME)
    async def resume(self, resume: Resume) -> None:
        self.heard.append(f"resume {resume.reason}")

    @workflow.update(name=names.UPDATE_RESUME)
    async def submit_resume(self, resume: Resume) -> AnswerResult:
        return self._asked("resume", resume.reason)

    def _asked(self, what: str, reason: str) -> AnswerResult:
        self.heard.append(f"asked {what} {reason}")
        return AnswerResult(is_accepted=True, code=what, reason="Accepted.")

    @workflow.update(name=names.UPDATE_ANSWER)
    async def submit(self, answer: Answer) -> AnswerResult:
        self.heard.append(f"asked {answer.choice}")
        return AnswerResult(is_accepted=True, code=str(answer.choice), reason="Accepted.")


@pytest.fixture
def client(temporal: WorkflowEnvironment) -> Client:
    return temporal.client


@pytest.fixture
def runtime(client: Client) -> TemporalFlowRuntime:
    return TemporalFlowRuntime(client)


@pytest.fixture
def workflow_id() -> str:
    return f"session/{uuid4().hex}/1"


@pytest_asyncio.fixture(loop_scope="session")
async def worker(client: Client) -> AsyncIterator[None]:
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=names.TASK_QUEUE, workflows=[RecordingFlow], workflow_runner=runner):
        yield


@pytest.mark.usefixtures("worker")
async def test_every_message_arrives_as_it_was_sent_and_a_second_start_changes_nothing(
    client: Client, runtime: TemporalFlowRuntime, workflow_id: str
) -> None:
    await runtime.start("recording_flow", START, workflow_id=workflow_id, summary="a flow")
    await runtime.start("recording_flow", START.model_copy(update={"goal": "second"}), workflow_id=workflow_id, summary="a flow")

    result = await runtime.answer(workflow_id, ANSWER, within=WITHIN)
    again = await runtime.answer(workflow_id, ANSWER, within=WITHIN)
    await runtime.signal_answer(workflow_id, ANSWER)
    await runtime.pipeline_changed(workflow_id, PipelineChanged(project_id=7, pipeline_id=42))
    await runtime.signal_steer(workflow_id, Stop(reason="enough"))
    heard = await client.get_workflow_handle(workflow_id).result()

    assert heard == ["first", "asked apply", "answer apply", "pipeline 42", "stop enough"]
    assert result == again == AnswerResult(is_accepted=True, code="apply", reason="Accepted.")


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("form", [Stop, Pause, Resume])
async def test_what_steers_a_workflow_is_asked_once_and_can_be_left_with_it(
    client: Client, runtime: TemporalFlowRuntime, workflow_id: str, form: type[Stop]
) -> None:
    message, what = form(reason="lunch", event_id="api:2"), form.__name__.lower()
    await runtime.start("recording_flow", START, workflow_id=workflow_id, summary="a flow")

    result = await runtime.steer(workflow_id, message, within=WITHIN)
    again = await runtime.steer(workflow_id, message, within=WITHIN)
    await runtime.signal_steer(workflow_id, message)
    await runtime.signal_steer(workflow_id, Stop(reason="enough"))
    heard = await client.get_workflow_handle(workflow_id).result()

    assert heard[:3] == ["first", f"asked {what} lunch", f"{what} lunch"]
    assert result == again == AnswerResult(is_accepted=True, code=what, reason="Accepted.")


@pytest.mark.usefixtures("worker")
async def test_a_workflow_that_ended_takes_nothing_and_is_not_started_again(
    client: Client, runtime: TemporalFlowRuntime, workflow_id: str
) -> None:
    await runtime.start("recording_flow", START, workflow_id=workflow_id, summary="a flow")
    await runtime.signal_steer(workflow_id, Stop())
    await client.get_workflow_handle(workflow_id).result()

    await runtime.start("recording_flow", START, workflow_id=workflow_id, summary="a flow")

    with pytest.raises(NotFound, match="has ended or never began"):
        await runtime.answer(workflow_id, ANSWER, within=WITHIN)
    with pytest.raises(NotFound):
        await runtime.signal_answer(workflow_id, ANSWER)
    with pytest.raises(NotFound):
        await runtime.signal_steer(workflow_id, Stop())


async def test_without_a_worker_an_answer_gets_no_word_and_a_signal_stays(
    client: Client, runtime: TemporalFlowRuntime, workflow_id: str
) -> None:
    await runtime.start("recording_flow", START, workflow_id=workflow_id, summary="a flow")

    result = await runtime.answer(workflow_id, ANSWER, within=timedelta(seconds=1))
    await runtime.signal_answer(workflow_id, ANSWER)

    signals = [event async for event in client.get_workflow_handle(workflow_id).fetch_history_events() if event.event_type == 26]
    assert result is None
    assert len(signals) == 1
    await client.get_workflow_handle(workflow_id).terminate()


async def test_what_never_began_is_not_found(runtime: TemporalFlowRuntime, workflow_id: str) -> None:
    with pytest.raises(NotFound):
        await runtime.signal_answer(workflow_id, ANSWER)


async def test_a_server_that_is_there_is_reachable(runtime: TemporalFlowRuntime) -> None:
    assert await runtime.is_reachable()
