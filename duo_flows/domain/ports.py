"""The ports: what the rules need from the outside, by role. Adapters serve them; bootstrap decides which.

Every method may raise `TryAgain` (the outside is down or busy) and `NeverAgain` (it will not get better); `NotFound` where a named
thing is asked for. All are safe to repeat; what they write outside stands under **Effects**.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from .changes import Change
from .flow_definition import FlowDefinition
from .inbox import Delivery, NewDelivery
from .model import Model
from .model_turns import TurnProgress, TurnReply, TurnRequest
from .people import AccessLevel, Branch, Person, Project
from .pipelines import Commit, FileContent, FileDiff, Job, MergeRequest, Note, NoteTarget, Pipeline, TreeEntry
from .policy import ProjectPolicy
from .sessions import LogEntry, LogKind, NewLogEntry, NewSession, Session, SessionFilter, SessionUpdate, Usage


class Forge(Protocol):
    """GitLab, as the service account sees it. Projects are named by number (or path where a person typed one)."""

    async def account(self) -> Person:
        """Return the service account itself."""

    async def version(self) -> str:
        """Return GitLab's version, such as `19.1.0-ee`; empty if GitLab tells none."""

    async def person_of_token(self, token: str) -> Person:
        """Return whom a GitLab token belongs to.

        Raises:
            Refused: GitLab does not accept the token.
        """

    async def person(self, name_or_id: str | int) -> Person:
        """Return a user by number or by username."""

    async def project(self, path_or_id: str | int) -> Project:
        """Return a project by number or by full path."""

    async def access_level(self, project_id: int, person_id: int) -> AccessLevel:
        """Return the person's own access, inherited membership included; NONE for strangers and blocked accounts."""

    async def branch(self, project_id: int, name: str) -> Branch:
        """Return a branch and its head."""

    async def commit(self, project_id: int, sha: str) -> Commit:
        """Return one commit with its whole message."""

    async def file(self, project_id: int, path: str, *, ref: str) -> FileContent:
        """Return a text file at a commit, branch or tag.

        Raises:
            NotFound: no such file there.
            NeverAgain: it is not UTF-8 text, or is larger than 1 MiB.
        """

    async def tree(self, project_id: int, path: str, *, ref: str, recursive: bool = False) -> tuple[TreeEntry, ...]:
        """Return the names below a folder, sorted by path; at most 2,000."""

    async def pipeline(self, project_id: int, pipeline_id: int) -> Pipeline:
        """Return one pipeline."""

    async def pipelines(self, project_id: int, *, sha: str = "", ref: str = "", limit: int = 20) -> tuple[Pipeline, ...]:
        """Return pipelines of a commit or branch, newest first."""

    async def jobs(self, project_id: int, pipeline_id: int) -> tuple[Job, ...]:
        """Return the newest try of every job and bridge of a pipeline, in GitLab's order."""

    async def job_log(self, project_id: int, job_id: int) -> bytes:
        """Return the whole raw trace of a job; empty where it never started."""

    async def merge_request(self, project_id: int, iid: int) -> MergeRequest:
        """Return one merge request."""

    async def merge_requests(self, project_id: int, *, source_branch: str, state: str = "opened") -> tuple[MergeRequest, ...]:
        """Return merge requests from a branch, newest first."""

    async def merge_request_diffs(self, project_id: int, iid: int) -> tuple[FileDiff, ...]:
        """Return the changed files of a merge request."""

    async def note(self, target: NoteTarget, note_id: int) -> Note:
        """Return one comment as it is now."""

    async def notes(self, target: NoteTarget, *, since: datetime | None = None) -> tuple[Note, ...]:
        """Return comments in order of creation, those created before `since` left out; system notes too."""

    async def post_note(self, target: NoteTarget, body: str, *, marker: str, reply_to: Note | None = None) -> Note:
        """Return the comment that carries the marker, writing it if the service account has not done so.

        Effects: at most one comment for each (target, marker); the marker is kept in a hidden HTML comment. With `reply_to` it
        goes into that comment's thread. Slash commands at the start of lines are made harmless.
        """

    async def accept_hooks(self, project_id: int, *, url: str, signing_token: str) -> None:
        """Register our hook (note, pipeline, merge request, issue events) on a project.

        Effects: exactly one hook with this URL stands on the project afterwards, with this token.
        """


class PushResult(Model):
    """What came of a push: `sha` where it stands on the branch (now or already), else `head_sha`, the moved branch's head."""

    sha: str = ""
    head_sha: str = ""

    @property
    def is_pushed(self) -> bool:
        """Tell whether the commit stands on the branch."""
        return bool(self.sha)


class Repository(Protocol):
    """Git: the one way by which code is changed."""

    async def push_change(self, project: Project, change: Change, *, message: str, makes_branch: bool = False) -> PushResult:
        """Push the change as one deterministic commit on its base, never forced; with `makes_branch` the branch may be a new one.

        The commit has fixed author, committer and dates, so that the same change gives the same commit id however often it is
        tried.

        Effects: the branch's head is this commit, or nothing has changed.

        Raises:
            Refused: GitLab does not let the account push there (protected branch, push rule); the reason is GitLab's.
        """

    async def expected_sha(self, project: Project, change: Change, *, message: str) -> str:
        """Return the id that the commit would have, without pushing."""


class Planner(Protocol):
    """A model."""

    async def get_ready(self) -> None:
        """Do beforehand what would make the first turn slow. Never needed."""

    async def turn(self, request: TurnRequest, *, on_progress: Callable[[TurnProgress], None]) -> TurnReply:
        """Return the model's answer to one request. Never retries by itself.

        Raises:
            TryAgain: limited, overloaded or broken off; `retry_after` where the provider said.
            NeverAgain: the request or the key is wrong, or the conversation too long (code CONVERSATION_TOO_LONG).
        """

    def context_tokens(self, model: str) -> int:
        """Return how many tokens of conversation a model takes."""


class Run(Model):
    """One run of a session, number `n` from 1."""

    session_id: str
    n: int
    workflow_id: str


class TurnKey(Model):
    """Names one model turn for good: the same key is the same question."""

    session_id: str
    run: int
    component: str
    step: int
    turn: int


class SessionStore(Protocol):
    """Sessions, their runs, their log and their model turns. Every write is idempotent by the key it names."""

    async def register(self, new: NewSession) -> Session:
        """Return the session of this workflow execution, making it (status created, run 1) if there is none.

        A `session_id` given in `new` is taken; otherwise one is made. A workflow id of a later run finds its session too. What the
        session does not know yet (empty or None) is taken from `new`: a door and the worker each know a part. A run that does
        not know its execution learns it; a workflow id used again, by another execution, is another session.

        Raises:
            Refused: the given `session_id` is that of another workflow or execution.
        """

    async def session(self, session_id: str) -> Session:
        """Return one session, or raise NotFound."""

    async def session_of_workflow(self, workflow_id: str, *, execution_id: str = "") -> Session | None:
        """Return the session that this workflow is a run of; the newest one if its id was used again.

        With an execution id it is the session of that execution, or of the run that does not know its own yet.
        """

    async def sessions(self, which: SessionFilter) -> tuple[Session, ...]:
        """Return sessions, newest first."""

    async def update(self, update: SessionUpdate) -> None:
        """Apply what a run reports, in one transaction.

        A report of a run that is over (it has an ending, or a final status) or no longer the latest only adds to the log: report a
        final status only with its ending.
        """

    async def append(self, session_id: str, run: int, entries: Sequence[NewLogEntry]) -> None:
        """Add lines to the session log; a line whose key stands there already is left out."""

    async def log(self, session_id: str, *, after: int = 0, limit: int = 500) -> tuple[LogEntry, ...]:
        """Return lines with `seq` greater than `after`, in order."""

    async def lines(self, session_id: str, *, kind: LogKind | None = None, key: str = "") -> tuple[LogEntry, ...]:
        """Return every line of this kind, or the one with this key, in order; empty where there is none."""

    async def start_next_run(self, session_id: str, *, after: int) -> Run:
        """Return run `after + 1`, made if it is not there yet; the session shows it as created.

        Raises:
            Refused: run `after` is not over, or is not the latest and has another successor.
        """

    async def recorded_turn(self, key: TurnKey) -> tuple[str, Usage] | None:
        """Return (content reference of the reply, usage) of a turn that was answered before."""

    async def note_turn(
        self, key: TurnKey, *, attempt: int, usage: Usage, reply_ref: str = "", report: SessionUpdate | None = None
    ) -> None:
        """Record what an attempt at a turn has used so far; with `reply_ref` the turn is answered.

        Attempts that were paid for and never answered stay in the session's tally. A `report` is applied with it in one
        transaction: what was recorded is never missing from the log.
        """

    async def usage(self, session_id: str, *, component: str = "") -> Usage:
        """Return the sum over all attempts of all turns of all runs; of one component alone, with all its subsessions, if named."""


class Inbox(Protocol):
    """The durable inbox.

    A claim counts an attempt. Who names the attempt that it works for changes nothing any more once the delivery was claimed by
    somebody else, because its lease ran out; who names none always does.
    """

    async def put(self, new: NewDelivery) -> tuple[Delivery, bool]:
        """Return the delivery of this key, and whether it is a new one."""

    async def claim(self, *, limit: int, lease: timedelta, now: datetime) -> tuple[Delivery, ...]:
        """Return waiting deliveries that nobody else holds, oldest first, held for `lease`."""

    async def done(self, delivery_id: int, *, outcome: str, attempt: int | None = None) -> None:
        """Close a delivery with what became of it."""

    async def retry(self, delivery_id: int, *, outcome: str, at: datetime, attempt: int | None = None) -> None:
        """Let a delivery be claimed again from `at`."""

    async def give_up(self, delivery_id: int, *, outcome: str, attempt: int | None = None) -> None:
        """Close a delivery that could not be worked on."""

    async def waiting_for_session(self, session_id: str, *, received_by: datetime) -> tuple[Delivery, ...]:
        """Return deliveries that named this session, arrived by that time and are not closed."""

    async def delivery(self, key: str) -> Delivery | None:
        """Return a delivery by its key."""


class FlowFiles(Protocol):
    """Flow files: where definitions come from, and what their texts mean."""

    def catalogue_text(self, name: str) -> str | None:
        """Return the text of a built-in flow, or None."""

    def load(self, text: str, *, source: str, is_custom: bool) -> FlowDefinition:
        """Return the definition that a flow file states; NeverAgain names everything that is wrong with it."""

    def render(self, template: str, variables: Mapping[str, Any]) -> str:
        """Return a Jinja2 template with its variables filled in, in a sandbox."""

    def read_answer(self, text: str, schema: Mapping[str, Any]) -> Any:
        """Return the JSON value of a model's answer; Refused says how it does not fit the schema. It may take some seconds."""

    def foreign_includes(self, text: str) -> tuple[str, ...]:
        """Return what a pipeline configuration includes from outside its project; Refused says why it cannot be read."""

    def policy(self, text: str) -> ProjectPolicy:
        """Return the policy that a project's policy file states."""


class ContentStore(Protocol):
    """Large contents, by digest: what is too big to travel."""

    async def put(self, data: bytes, *, media_type: str = "application/json") -> str:
        """Return the reference (SHA-256, hex) of the data, stored if it was not."""

    async def get(self, ref: str) -> bytes:
        """Return the data, or raise NotFound; data that no longer matches its reference is NeverAgain."""
