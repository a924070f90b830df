"""A door for tests: the real app over the store's and the forge's doubles, with a runtime that records what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from duo_flows.adapters.flow_file import CatalogueFlows
from duo_flows.adapters.flow_file.files import YamlFlowFiles
from duo_flows.adapters.store.memory import MemoryStore
from duo_flows.bootstrap.settings import Settings
from duo_flows.domain.changes import Change, Effects
from duo_flows.domain.errors import NotFound
from duo_flows.domain.flow_outline import FlowOutline
from duo_flows.domain.people import AccessLevel, Person, Project
from duo_flows.domain.pipelines import Commit, MergeRequest, Note, NoteTarget, Pipeline, TargetKind
from duo_flows.domain.ports import SessionStore
from duo_flows.domain.sessions import (
    Ending,
    LogEntry,
    LogKind,
    NewLogEntry,
    NewSession,
    Session,
    SessionStatus,
    SessionUpdate,
    Waiting,
)
from duo_flows.web.app import create_app
from duo_flows.web.hook_secrets import signature_of
from duo_flows.web.runtime import FlowRuntime, Steering
from duo_flows.web.services import DoorServices
from signals.messages import Answer, AnswerResult, PipelineChanged, StartFlow
from signals.names import workflow_id_of
from tests.doubles.forge import MemoryForge

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SIGNING_KEY = "k" * 32
SECRET = "whsec_" + "c2VjcmV0LW9mLXByb2plY3QtNw=="
OTHER_SECRET = "whsec_" + "c2VjcmV0LW9mLXByb2plY3QtOA=="

ACCOUNT = Person(id=900, username="duo", is_bot=True)
ALICE = Person(id=1, username="alice", name="Alice")
BOB = Person(id=2, username="bob", name="Bob")
MARY = Person(id=3, username="mary", name="Mary, a Maintainer")
GUEST = Person(id=4, username="gus", name="Gus, a Guest")
STRANGER = Person(id=5, username="sam", name="Sam, a stranger")
BOT = Person(id=6, username="renovate", is_bot=True)
REPORTER = Person(id=7, username="rita", name="Rita, a Reporter")
PEOPLE = (ALICE, BOB, MARY, GUEST, STRANGER, BOT, REPORTER)

PROJECT = Project(
    id=7,
    path="shop/checkout",
    default_branch="main",
    web_url="https://gitlab.test/shop/checkout",
    clone_url="https://gitlab.test/shop/checkout.git",
)
MR = NoteTarget(project_id=7, kind=TargetKind.MERGE_REQUEST, iid=3)
SHA = "a" * 40
PIPELINE_URL = "https://gitlab.test/shop/checkout/-/pipelines/42"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class RecordingRuntime(FlowRuntime):
    """Keeps what it is told, and registers what it starts, as a worker does.

    `result` is what workflows answer; None is a worker that is away. `is_over` ends all workflows.
    """

    sessions: SessionStore
    is_worker_up: bool = True
    started: dict[str, tuple[str, StartFlow]] = field(default_factory=dict)
    asked: list[Answer] = field(default_factory=list)
    answers: list[tuple[str, Answer]] = field(default_factory=list)
    steered: list[tuple[str, Steering]] = field(default_factory=list)
    signalled: list[tuple[str, Steering]] = field(default_factory=list)
    hints: list[tuple[str, PipelineChanged]] = field(default_factory=list)
    result: AnswerResult | None = None
    is_over: bool = False
    fault: Exception | None = None

    async def start(self, flow: str, message: StartFlow, *, workflow_id: str, summary: str) -> None:
        del summary
        if self.fault:
            raise self.fault
        self.started.setdefault(workflow_id, (flow, message))
        if self.is_worker_up and message.run == 1:
            await self.sessions.register(as_registered(flow, message, workflow_id))

    async def answer(self, workflow_id: str, answer: Answer, *, within: timedelta) -> AnswerResult | None:
        del workflow_id, within
        self._reach()
        self.asked.append(answer)
        return self.result

    async def signal_answer(self, workflow_id: str, answer: Answer) -> None:
        self._reach()
        self.answers.append((workflow_id, answer))

    async def steer(self, workflow_id: str, message: Steering, *, within: timedelta) -> AnswerResult | None:
        del within
        self._reach()
        self.steered.append((workflow_id, message))
        return self.result

    async def signal_steer(self, workflow_id: str, message: Steering) -> None:
        self._reach()
        self.signalled.append((workflow_id, message))

    async def pipeline_changed(self, workflow_id: str, hint: PipelineChanged) -> None:
        self._reach()
        self.hints.append((workflow_id, hint))

    async def is_reachable(self) -> bool:
        return self.fault is None

    def _reach(self) -> None:
        if self.is_over:
            raise NotFound("No such workflow is running.")


def as_registered(flow: str, message: StartFlow, workflow_id: str) -> NewSession:
    """Return what a worker registers of a start in the one project."""
    return NewSession(
        **message.model_dump(include={"session_id", "goal", "pipeline_id", "merge_request_iid", "issue_iid", "trigger"}),
        workflow_id=workflow_id,
        flow=flow,
        project_id=int(message.project),
        project_path=PROJECT.path,
        requester_id=int(message.requester),
        requester=next(person.username for person in PEOPLE if person.id == message.requester),
        definition_ref="frozen",
    )


GREETING = """
environment: ambient
components: [{name: greet, type: AgentComponent, prompt_id: greeting}]
prompts: [{prompt_id: greeting, prompt_template: {system: "Say hello.", user: "{{ goal }}"}}]
routers: [{from: greet, to: end}]
flow:
  entry_point: greet
  inputs: [{category: pipeline, input_schema: {id: {type: integer, description: "The failed pipeline."}}}]
"""


class Catalogue:
    """One flow."""

    def names(self) -> list[str]:
        return ["fix_pipeline"]

    def text(self, name: str) -> str:
        return f"version: v1 # {name}\n{GREETING}"

    def outline(self, text: str, *, is_custom: bool) -> FlowOutline:
        if "nonsense" in text:
            return FlowOutline(error="line 1, column 1: nonsense.")
        return FlowOutline(description="A project's own." if is_custom else "What it does.", component_count=2)


class Door:
    """The app with everything behind it, and short ways to do what people and GitLab do."""

    def __init__(self, folder: Path, settings: dict[str, Any] | None = None) -> None:
        self.clock = Clock()
        self.forge = a_forge()
        self.store = MemoryStore(clock=self.clock)
        self.runtime = RecordingRuntime(sessions=self.store.sessions)
        self.secrets = folder / "hook-secrets"
        self.secrets.mkdir()
        self.configure_secret(7, SECRET)
        self.configure_secret(8, OTHER_SECRET)
        self.services = DoorServices(
            settings=Settings(
                gitlab_url="https://gitlab.test",
                signing_key=SIGNING_KEY,
                hook_secrets_dir=self.secrets,
                temporal_ui_url="https://temporal.test",
                **(settings or {}),
            ),
            forge=self.forge,
            sessions=self.store.sessions,
            inbox=self.store.inbox,
            contents=self.store.contents,
            flows=Catalogue(),
            temporal=self.runtime,
            flow_files=YamlFlowFiles(CatalogueFlows(folder)),
            clock=self.clock,
        )
        self.app: FastAPI = create_app(self.services)
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url="http://door.test")

    def configure_secret(self, project_id: int, secret: str) -> None:
        (self.secrets / str(project_id)).write_text(secret)

    async def drain(self) -> None:
        await self.app.state.dispatcher.drain()

    async def call(self, person: Person | None, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"PRIVATE-TOKEN": f"token-of-{person.username}"} if person else {}
        headers |= options.pop("headers", {})
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **options)

    async def hook(self, payload: Any, *, secret: str = SECRET, key: str = "delivery-1", **changed: str) -> httpx2.Response:
        """Send a signed hook; `changed` replaces headers, written with underscores."""
        body = json.dumps(payload).encode()
        timestamp = str(int(self.clock.now.timestamp()))
        headers = {
            "webhook-id": key,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature_of(secret, delivery_id=key, timestamp=timestamp, body=body),
        } | {name.replace("_", "-"): value for name, value in changed.items()}
        headers = {name: value for name, value in headers.items() if value}
        return await self.client.post("/hooks/gitlab", content=body, headers=headers)

    def write(self, author: Person, body: str, *, number: int = 100, **fields: Any) -> Note:
        """Have somebody write a comment on the merge request."""
        at = fields.pop("at", self.clock.now)
        note = Note(id=number, target=MR, author=author, body=body, created_at=at, updated_at=at)
        self.forge.notes_by_id[number] = note.model_copy(update=fields)
        return self.forge.notes_by_id[number]

    async def comment(self, author: Person, body: str, *, number: int = 100, **fields: Any) -> None:
        """Have somebody write a comment, GitLab tell of it, and the dispatcher work on it."""
        note = self.write(author, body, number=number, **fields)
        response = await self.hook(note_hook(note), key=f"note-{number}-{note.updated_at.timestamp()}")
        assert response.status_code == 200, response.text
        await self.drain()

    def reply_to(self, number: int = 100) -> str:
        """Return what was replied to a comment; empty if nothing was."""
        note = self.forge.posted.get((MR, f"reply-{number}"))
        return note.body if note else ""

    async def a_session(self, session_id: str = "s1", *, requester: Person = ALICE, **fields: Any) -> Session:
        """Register a session on the merge request."""
        start = StartFlow(project=7, requester=requester.id, session_id=session_id, goal=PIPELINE_URL, pipeline_id=42)
        values: dict[str, Any] = {
            "session_id": session_id,
            "workflow_id": workflow_id_of(session_id, 1),
            "flow": "fix_pipeline",
            "project_id": 7,
            "project_path": "shop/checkout",
            "requester_id": requester.id,
            "requester": requester.username,
            "goal": PIPELINE_URL,
            "pipeline_id": 42,
            "merge_request_iid": 3,
            "start_ref": await self.store.contents.put(start.model_dump_json().encode()),
        }
        return await self.store.sessions.register(NewSession(**(values | fields)))

    async def a_question(self, session_id: str = "s1", *, requester: Person = ALICE, **fields: Any) -> Waiting:
        """Register a session that asks its requester about a change."""
        await self.a_session(session_id, requester=requester, **fields)
        change = a_change()
        waiting = Waiting(
            reason="approve_fix",
            request_id="s1-1-1",
            on=f"@{requester.username}",
            until=NOON + timedelta(days=7),
            digest=change.digest,
            question_ref=await self.store.contents.put(b"Apply this?"),
            choices=("apply", "diff", "cancel", "modify"),
            change_ref=await self.store.contents.put(change.model_dump_json().encode()),
        )
        asked = NewLogEntry(key="asked", kind=LogKind.REQUEST, text="Asked.", data={"digest": change.digest})
        await self.store.sessions.update(
            SessionUpdate(session_id=session_id, run=1, status=SessionStatus.INPUT_REQUIRED, waiting=waiting, entries=(asked,))
        )
        return waiting

    async def end(self, session_id: str = "s1") -> None:
        """End a session's run."""
        await self.store.sessions.update(
            SessionUpdate(session_id=session_id, run=1, status=SessionStatus.STOPPED, ending=Ending.CANCELLED)
        )

    async def log(self, session_id: str = "s1") -> tuple[LogEntry, ...]:
        return await self.store.sessions.log(session_id)

    async def refusals(self, session_id: str = "s1") -> list[str]:
        """Return the codes of the refusals in the session log."""
        return [line.data["code"] for line in await self.log(session_id) if line.kind is LogKind.REFUSAL]

    def nothing_reached_a_workflow(self) -> bool:
        runtime = self.runtime
        return not (runtime.started or runtime.asked or runtime.answers or runtime.steered or runtime.signalled or runtime.hints)


def a_forge() -> MemoryForge:
    """Return a GitLab with one project, a merge request, its failed pipeline, and people of every kind."""
    forge = MemoryForge(ACCOUNT)
    for person in PEOPLE:
        forge.people[person.id] = person
        forge.tokens[f"token-of-{person.username}"] = person.id
    levels = {ALICE: 30, BOB: 30, MARY: 40, GUEST: 10, BOT: 30, REPORTER: 20, ACCOUNT: 30}
    forge.levels = {(7, person.id): AccessLevel(level) for person, level in levels.items()}
    forge.projects = {7: PROJECT, 8: PROJECT.model_copy(update={"id": 8, "path": "shop/secret"})}
    forge.merge_requests_by_iid[7, 3] = MergeRequest(
        project_id=7, iid=3, title="Expire", source_branch="feature", target_branch="main", source_project_id=7, sha=SHA
    )
    forge.pipelines_by_id[42] = Pipeline(
        id=42, project_id=7, ref="feature", sha=SHA, status="failed", web_url=PIPELINE_URL, user=ALICE
    )
    forge.commits[SHA] = Commit(sha=SHA, message="Expire tokens", author_name="Alice", author_email="alice@example.com")
    return forge


def a_change() -> Change:
    """Return a sealed change of one file."""
    effects = Effects(
        project_id=7,
        project_path="shop/checkout",
        branch="feature",
        paths=("a.py",),
        files_changed=1,
        lines_added=1,
        lines_removed=1,
    )
    return Change(
        project_id=7,
        project_path="shop/checkout",
        branch="feature",
        base_sha=SHA,
        title="Fix",
        files=(),
        effects=effects,
        diff="diff --git a/a.py b/a.py\n-1\n+2\n",
    ).sealed()


def note_hook(note: Note, *, action: str = "create") -> dict[str, Any]:
    """Return what GitLab sends of a comment on the merge request."""
    return {
        "object_kind": "note",
        "event_type": "note",
        "user": {"id": note.author.id, "username": note.author.username, "email": "secret@example.com"},
        "project_id": note.target.project_id,
        "project": {"id": note.target.project_id, "path_with_namespace": "shop/checkout"},
        "object_attributes": {
            "id": note.id,
            "note": note.body,
            "noteable_type": "MergeRequest",
            "author_id": note.author.id,
            "system": note.is_system,
            "action": action,
        },
        "merge_request": {"id": 3000, "iid": note.target.iid},
    }


def pipeline_hook(pipeline: Pipeline, *, status: str = "failed") -> dict[str, Any]:
    """Return what GitLab sends of a pipeline."""
    return {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": pipeline.id,
            "ref": pipeline.ref,
            "sha": pipeline.sha,
            "status": status,
            "variables": [{"key": "DEPLOY_TOKEN", "value": "a-variable-of-the-pipeline"}],
        },
        "merge_request": None,
        "user": {"id": 1, "email": "secret@example.com"},
        "project": {"id": pipeline.project_id},
    }


MakeDoor = Callable[..., Door]
