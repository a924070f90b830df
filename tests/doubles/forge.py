"""The forge's double: GitLab as dictionaries that a test fills in. It serves the port `Forge` and writes nothing outside itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.people import AccessLevel, Branch, Person, Project
from duo_flows.domain.pipelines import (
    Commit,
    FileContent,
    FileDiff,
    Job,
    MergeRequest,
    Note,
    NoteTarget,
    Pipeline,
    TreeEntry,
)
from duo_flows.domain.ports import Forge

Key = TypeVar("Key")
Value = TypeVar("Value")

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class MemoryForge(Forge):
    """GitLab in memory. The attributes are the state; a test sets them and looks at `posted` afterwards."""

    def __init__(self, account: Person) -> None:
        self.service_account = account
        self.people: dict[int, Person] = {account.id: account}
        self.tokens: dict[str, int] = {}
        self.projects: dict[int, Project] = {}
        self.levels: dict[tuple[int, int], AccessLevel] = {}
        self.branches: dict[tuple[int, str], Branch] = {}
        self.commits: dict[str, Commit] = {}
        self.files: dict[tuple[int, str, str], str] = {}
        self.pipelines_by_id: dict[int, Pipeline] = {}
        self.jobs_of_pipeline: dict[int, tuple[Job, ...]] = {}
        self.job_logs: dict[int, bytes] = {}
        self.merge_requests_by_iid: dict[tuple[int, int], MergeRequest] = {}
        self.diffs: dict[tuple[int, int], tuple[FileDiff, ...]] = {}
        self.notes_by_id: dict[int, Note] = {}
        self.posted: dict[tuple[NoteTarget, str], Note] = {}
        self.hooks: dict[tuple[int, str], str] = {}
        self.instance_version = "19.1.0-ee"
        self.version_fault: Exception | None = None
        self.fault: Exception | None = None

    def _asked(self) -> None:
        if self.fault is not None:
            raise self.fault

    async def account(self) -> Person:
        self._asked()
        return self.service_account

    async def version(self) -> str:
        self._asked()
        if self.version_fault is not None:
            raise self.version_fault
        return self.instance_version

    async def person_of_token(self, token: str) -> Person:
        self._asked()
        if token not in self.tokens:
            raise Refused("GitLab does not accept this token.", code="bad_token")
        return self.people[self.tokens[token]]

    async def person(self, name_or_id: str | int) -> Person:
        self._asked()
        return _first([one for one in self.people.values() if name_or_id in {one.id, one.username}], f"person {name_or_id}")

    async def project(self, path_or_id: str | int) -> Project:
        self._asked()
        return _first([one for one in self.projects.values() if path_or_id in {one.id, one.path}], f"project {path_or_id}")

    async def access_level(self, project_id: int, person_id: int) -> AccessLevel:
        self._asked()
        return self.levels.get((project_id, person_id), AccessLevel.NONE)

    async def branch(self, project_id: int, name: str) -> Branch:
        self._asked()
        return _of(self.branches, (project_id, name))

    async def commit(self, project_id: int, sha: str) -> Commit:
        self._asked()
        del project_id
        return _of(self.commits, sha)

    async def file(self, project_id: int, path: str, *, ref: str) -> FileContent:
        self._asked()
        return FileContent(path=path, ref=ref, text=_of(self.files, (project_id, path, ref)))

    async def tree(self, project_id: int, path: str, *, ref: str, recursive: bool = False) -> tuple[TreeEntry, ...]:
        self._asked()
        folder = f"{path}/" if path else ""
        below = sorted(name for number, name, at in self.files if (number, at) == (project_id, ref) and name.startswith(folder))
        shown = [name for name in below if recursive or "/" not in name.removeprefix(folder)]
        return tuple(TreeEntry(path=name, type="blob") for name in shown)

    async def pipeline(self, project_id: int, pipeline_id: int) -> Pipeline:
        self._asked()
        found = [one for one in self.pipelines_by_id.values() if (one.project_id, one.id) == (project_id, pipeline_id)]
        return _first(found, f"pipeline {pipeline_id}")

    async def pipelines(self, project_id: int, *, sha: str = "", ref: str = "", limit: int = 20) -> tuple[Pipeline, ...]:
        self._asked()
        found = (
            one
            for one in sorted(self.pipelines_by_id.values(), key=lambda one: -one.id)
            if one.project_id == project_id and sha in {"", one.sha} and ref in {"", one.ref}
        )
        return tuple(found)[:limit]

    async def jobs(self, project_id: int, pipeline_id: int) -> tuple[Job, ...]:
        self._asked()
        del project_id
        return self.jobs_of_pipeline.get(pipeline_id, ())

    async def job_log(self, project_id: int, job_id: int) -> bytes:
        self._asked()
        del project_id
        return self.job_logs.get(job_id, b"")

    async def merge_request(self, project_id: int, iid: int) -> MergeRequest:
        self._asked()
        return _of(self.merge_requests_by_iid, (project_id, iid))

    async def merge_requests(self, project_id: int, *, source_branch: str, state: str = "opened") -> tuple[MergeRequest, ...]:
        self._asked()
        found = (
            one
            for one in sorted(self.merge_requests_by_iid.values(), key=lambda one: -one.iid)
            if (one.project_id, one.source_branch, one.state) == (project_id, source_branch, state)
        )
        return tuple(found)

    async def merge_request_diffs(self, project_id: int, iid: int) -> tuple[FileDiff, ...]:
        self._asked()
        return self.diffs.get((project_id, iid), ())

    async def note(self, target: NoteTarget, note_id: int) -> Note:
        self._asked()
        note = _of(self.notes_by_id, note_id)
        return _first([note] if note.target == target else [], f"note {note_id}")

    async def notes(self, target: NoteTarget, *, since: datetime | None = None) -> tuple[Note, ...]:
        self._asked()
        found = (one for one in self.notes_by_id.values() if one.target == target and one.created_at >= (since or LONG_AGO))
        return tuple(sorted(found, key=lambda one: (one.created_at, one.id)))

    async def post_note(self, target: NoteTarget, body: str, *, marker: str, reply_to: Note | None = None) -> Note:
        self._asked()
        if (target, marker) not in self.posted:
            number = max(self.notes_by_id, default=0) + 1
            at = reply_to.created_at if reply_to else LONG_AGO
            note = Note(id=number, target=target, author=self.service_account, body=body, created_at=at, updated_at=at)
            self.notes_by_id[number] = self.posted[target, marker] = note
        return self.posted[target, marker]

    async def accept_hooks(self, project_id: int, *, url: str, signing_token: str) -> None:
        self._asked()
        self.hooks[project_id, url] = signing_token


def _of(values: dict[Key, Value], key: Key) -> Value:
    if key not in values:
        raise NotFound(f"GitLab has no {key}.")
    return values[key]


def _first(found: list[Value], name: str) -> Value:
    if not found:
        raise NotFound(f"GitLab has no {name}.")
    return found[0]
