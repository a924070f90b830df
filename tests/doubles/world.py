"""The situation of the first journey on doubles: a project, a red branch, a requester, a model that plays a list of replies.

Each double is small and keeps its port's promises; the store is the in-memory one that ships beside the real one.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from activities.contracts import Limits
from activities.deps import Deps
from duo_flows.adapters.flow_file import CatalogueFlows
from duo_flows.adapters.flow_file.files import YamlFlowFiles
from duo_flows.adapters.store.memory import MemoryStore
from duo_flows.domain.changes import Change
from duo_flows.domain.model_turns import Message, StopReason, ToolCall, TurnProgress, TurnReply, TurnRequest
from duo_flows.domain.people import AccessLevel, Branch, Person, Project
from duo_flows.domain.pipelines import Job, MergeRequest, Note, NoteTarget, Pipeline, TargetKind
from duo_flows.domain.ports import PushResult
from duo_flows.domain.sessions import LogEntry, Session, Usage
from signals.messages import Answer, AnswerResult, StartFlow
from tests.doubles.forge import MemoryForge
from tests.doubles.reader import MemoryReader
from tests.doubles.writer import MemoryWriter
from workers.wiring import worker_of

ACCOUNT = Person(id=1, username="duo", name="GitLab Duo", is_bot=True)
MAYA = Person(id=2, username="maya", name="Maya Chen")
DANIEL = Person(id=3, username="daniel-r", name="Daniel Reyes")
MALLORY = Person(id=4, username="mallory", name="Mallory Stone")
PROJECT = Project(
    id=7,
    path="meridian/payments",
    default_branch="main",
    web_url="http://gitlab.test/meridian/payments",
    clone_url="http://gitlab.test/meridian/payments.git",
)
BRANCH = "feat/payment-retry"
BASE_SHA = "a" * 40
TEST_FILE = "tests/test_retry.py"
TEST_TEXT = "class RetryTest(TestCase):\n    def test_created(self):\n        self.assertEqual(job.created_at, 1691500800)\n"
LOG = b'Running tests\n  File "tests/test_retry.py", line 3, in test_created\nAssertionError: 1795210566 != 1691500800\n'
SIGNING_KEY = b"a signing key that only tests know, long enough"
FLOWS = Path(__file__).parents[2] / "flows"

COST = Usage(turns=1, input_tokens=1_000, output_tokens=100, cost_microusd=3_000)


class MemoryRepository:
    """Git's double: a branch has a head, and a push on another base is refused with it."""

    def __init__(self, forge: MemoryForge, after_push: Callable[[str], None]) -> None:
        self.forge = forge
        self.pushed: list[tuple[Change, str]] = []
        self._after_push = after_push

    async def expected_sha(self, project: Project, change: Change, *, message: str) -> str:
        return hashlib.sha1(f"{project.id}{change.digest}{message}".encode()).hexdigest()  # noqa: S324 - git's own

    async def push_change(self, project: Project, change: Change, *, message: str, makes_branch: bool = False) -> PushResult:
        sha = await self.expected_sha(project, change, message=message)
        if makes_branch:
            self.forge.branches.setdefault((project.id, change.branch), Branch(name=change.branch, sha=change.base_sha))
        head = self.forge.branches[project.id, change.branch]
        if head.sha == sha:
            return PushResult(sha=sha)
        if head.sha != change.base_sha:
            return PushResult(head_sha=head.sha)
        self.forge.branches[project.id, change.branch] = head.model_copy(update={"sha": sha})
        for file in change.files:
            self.forge.files[project.id, file.path, sha] = file.content or ""
        self.pushed.append((change, message))
        self._after_push(sha)
        return PushResult(sha=sha)


Reply = TurnReply | Exception | Callable[[TurnRequest], TurnReply]


class ListPlanner:
    """A model's double that plays a list of replies, one for each turn it is asked for."""

    def __init__(self, replies: list[Reply]) -> None:
        self.replies = replies
        self.asked: list[TurnRequest] = []
        self.context = 10_000

    async def get_ready(self) -> None:
        """Do nothing: a list is always ready."""

    def context_tokens(self, model: str) -> int:
        """Return little, so that a conversation is soon a long one."""
        del model
        return self.context

    async def turn(self, request: TurnRequest, *, on_progress: Callable[[TurnProgress], None]) -> TurnReply:
        self.asked.append(request)
        reply = self.replies.pop(0)
        on_progress(TurnProgress(input_tokens=COST.input_tokens, output_tokens=1, events=1, usage=COST))
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, TurnReply) else reply(request)


def calls(*named: tuple[str, dict[str, Any]]) -> TurnReply:
    """Return a reply that calls tools."""
    ids = [f"call_{uuid4().hex[:8]}" for _ in named]
    blocks = [
        {"type": "tool_use", "id": call_id, "name": name, "input": arguments}
        for call_id, (name, arguments) in zip(ids, named, strict=True)
    ]
    return TurnReply(
        message=Message(role="assistant", content=blocks),
        text="",
        tool_calls=tuple(
            ToolCall(id=call_id, name=name, arguments=arguments) for call_id, (name, arguments) in zip(ids, named, strict=True)
        ),
        stop_reason=StopReason.TOOL_CALLS,
        usage=COST,
    )


def says(text: str, stop_reason: StopReason = StopReason.FINISHED) -> TurnReply:
    """Return a reply that is a text."""
    block = {"type": "text", "text": text}
    message = Message(role="assistant", content=[block])
    return TurnReply(message=message, text=text, stop_reason=stop_reason, usage=COST)


def diagnosis(**changed: Any) -> TurnReply:
    """Return a reply that proposes the right fix; the fields given are otherwise."""
    fields = {
        "decision": "propose",
        "category": "test",
        "confidence": "high",
        "title": "Compare with the present",
        "root_cause": "The test expects a timestamp that has passed.",
        "evidence": [{"job": "unit", "line": 3, "text": "AssertionError: 1795210566 != 1691500800"}],
        "explanation": "The expected value is a fixed instant.",
        "edits": [
            {
                "path": TEST_FILE,
                "old_text": "self.assertEqual(job.created_at, 1691500800)",
                "new_text": "self.assertAlmostEqual(job.created_at, time.time(), delta=5)",
            }
        ],
        "new_files": [],
        **changed,
    }
    return says(json.dumps(fields))


READS = calls(("get_job_logs", {"job_id": 50}), ("get_repository_file", {"file_path": TEST_FILE}))


@dataclass
class World:
    """Everything that a run of fix_pipeline meets."""

    replies: list[Reply] = field(default_factory=lambda: [READS, diagnosis()])
    statuses_after_push: list[str] = field(default_factory=lambda: ["success"])
    limits: Limits = field(
        default_factory=lambda: Limits(
            request_timeout=timedelta(days=7),
            pipeline_poll_interval=timedelta(seconds=30),
            pipeline_wait_timeout=timedelta(hours=6),
            cost_cap_microusd=5_000_000,
        )
    )
    allow_unsigned: bool = True
    models_by_tag: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.forge = MemoryForge(ACCOUNT)
        self.reader = MemoryReader()
        self.writer = MemoryWriter(self.forge)
        self.planner = ListPlanner(self.replies)
        self.repository = MemoryRepository(self.forge, self._run_pipeline)
        self.store = MemoryStore(clock=lambda: datetime.now(UTC))
        self._furnish()

    def _furnish(self) -> None:
        forge = self.forge
        forge.people.update({person.id: person for person in (MAYA, DANIEL, MALLORY)})
        forge.projects[PROJECT.id] = PROJECT
        forge.levels.update({(7, 1): AccessLevel.DEVELOPER, (7, 2): AccessLevel.DEVELOPER, (7, 3): AccessLevel.MAINTAINER})
        forge.branches[7, BRANCH] = Branch(name=BRANCH, sha=BASE_SHA)
        forge.files[7, TEST_FILE, BASE_SHA] = forge.files[7, TEST_FILE, BRANCH] = TEST_TEXT
        forge.merge_requests_by_iid[7, 1] = MergeRequest(
            project_id=7,
            iid=1,
            title="Retry payments",
            source_branch=BRANCH,
            target_branch="main",
            source_project_id=7,
            sha=BASE_SHA,
        )
        self.add_pipeline(BASE_SHA, "failed")

    def add_pipeline(self, sha: str, status: str) -> Pipeline:
        """Add a pipeline with one job of the same status."""
        number = 500 + len(self.forge.pipelines_by_id)
        job_id = 50 + len(self.forge.pipelines_by_id)
        url = f"{PROJECT.web_url}/-/pipelines/{number}"
        pipeline = Pipeline(id=number, project_id=7, ref=BRANCH, sha=sha, status=status, web_url=url)
        self.forge.pipelines_by_id[number] = pipeline
        self.forge.jobs_of_pipeline[number] = (Job(id=job_id, name="unit", stage="test", status=status),)
        self.forge.job_logs[job_id] = LOG
        return pipeline

    def _run_pipeline(self, sha: str) -> None:
        self.add_pipeline(sha, self.statuses_after_push.pop(0))

    def somebody_pushes(self, text: str) -> None:
        """Move the branch, as a colleague's push would."""
        sha = "b" * 40
        self.forge.branches[7, BRANCH] = Branch(name=BRANCH, sha=sha)
        self.forge.files[7, TEST_FILE, sha] = text

    def comment(self, author: Person, body: str, *, at: datetime, edited_at: datetime | None = None) -> Note:
        """Write a comment on the merge request."""
        number = 900 + len(self.forge.notes_by_id)
        target = NoteTarget(project_id=7, kind=TargetKind.MERGE_REQUEST, iid=1)
        note = Note(id=number, target=target, author=author, body=body, created_at=at, updated_at=edited_at or at)
        self.forge.notes_by_id[number] = note
        return note

    @property
    def deps(self) -> Deps:
        return Deps(
            forge=self.forge,
            reader=self.reader,
            writer=self.writer,
            repository=self.repository,
            planner=self.planner,
            sessions=self.store.sessions,
            inbox=self.store.inbox,
            contents=self.store.contents,
            flow_files=YamlFlowFiles(CatalogueFlows(FLOWS)),
            account=ACCOUNT,
            limits=self.limits,
            privileges=("read_only_gitlab", "read_write_gitlab", "use_git"),
            model="claude-sonnet-5-5",
            models_by_tag=self.models_by_tag,
            max_tokens=4_000,
            signing_key=SIGNING_KEY,
            allow_unsigned=self.allow_unsigned,
            public_url="http://duo.test",
            gitlab_url="http://gitlab.test",
        )

    async def log(self, session_id: str) -> tuple[LogEntry, ...]:
        return await self.store.sessions.log(session_id)

    def notes_by_us(self) -> list[str]:
        """Return what the service account has written, in order."""
        return [note.body for note in self.forge.posted.values()]


class RunningFlow:
    """A flow that runs: what a test does to it and reads from it."""

    def __init__(self, handle: WorkflowHandle[Any, Any], world: World, task_queue: str) -> None:
        self.handle = handle
        self.world = world
        self.task_queue = task_queue

    async def session(self) -> Session:
        session = await self.world.store.sessions.session_of_workflow(self.handle.id)
        assert session is not None
        return session

    async def question(self) -> dict[str, Any]:
        """Return what the run waits for, once it asks; fails if it ends instead."""
        while (await self.handle.describe()).status is WorkflowExecutionStatus.RUNNING:
            try:
                state = await self.handle.query("state")
                if state["waiting"] and state["waiting"]["request_id"]:
                    return dict(state["waiting"])
            except (RPCError, WorkflowQueryFailedError):
                pass
            await asyncio.sleep(0.02)
        raise AssertionError("the flow ended without asking")

    async def at_step(self, name: str) -> None:
        """Wait until the run is at a step; fails if it ends instead."""
        while (await self.session()).step != name:
            assert (await self.handle.describe()).status is WorkflowExecutionStatus.RUNNING
            await asyncio.sleep(0.02)

    async def asked_model(self) -> None:
        """Wait until the model was asked."""
        while not self.world.planner.asked:  # noqa: ASYNC110 - the double keeps a list, not an event
            await asyncio.sleep(0.02)

    async def next_question(self, *, after: dict[str, Any]) -> dict[str, Any]:
        """Return the first question about another change."""
        while (asked := await self.question())["digest"] == after["digest"]:  # noqa: ASYNC110 - the server tells only when asked
            await asyncio.sleep(0.02)
        return asked

    async def answer(self, choice: str, *, actor: str = "maya", **fields: Any) -> AnswerResult:
        """Answer by update."""
        asked = await self.question()
        message = Answer.model_validate({"choice": choice, "digest": asked["digest"][:12], "actor": actor, **fields})
        return await self.handle.execute_update("submit_answer", message, result_type=AnswerResult)

    async def ending(self) -> dict[str, Any]:
        return dict(await self.handle.result())


@asynccontextmanager
async def serving(environment: WorkflowEnvironment, world: World, flow: RunningFlow) -> AsyncIterator[None]:
    """Serve a flow that was left by its worker."""
    async with worker_of(environment.client, world.deps, task_queue=flow.task_queue):
        yield


@asynccontextmanager
async def running(
    environment: WorkflowEnvironment, world: World, *, flow: str = "fix_pipeline", **start: Any
) -> AsyncIterator[RunningFlow]:
    """Start a flow and serve it with a worker of its own for as long as the block lasts."""
    task_queue = f"test-{uuid4().hex}"
    message = StartFlow.model_validate({"project": 7, "requester": "maya", "pipeline_id": 500, **start})
    async with worker_of(environment.client, world.deps, task_queue=task_queue):
        with environment.with_time_skipping_disabled():
            handle = await environment.client.start_workflow(flow, message, id=f"test/{uuid4().hex}", task_queue=task_queue)
        yield RunningFlow(handle, world, task_queue)
