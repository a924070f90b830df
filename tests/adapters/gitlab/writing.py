"""Two GitLabs for one contract: the stand-in over HTTP, and the double. Each shows what stands there after a write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from duo_flows.adapters.gitlab import GitLabForge, GitLabWriter
from duo_flows.domain.forge_writer import ForgeWriter, Item, NewIssue, NewMergeRequest
from duo_flows.domain.people import Branch, Person
from duo_flows.domain.pipelines import NoteTarget, TargetKind
from tests.doubles.forge import MemoryForge
from tests.doubles.writer import MemoryWriter
from tests.stand_ins import GitLabStandIn

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class WrittenTo(Protocol):
    """A GitLab that is written to."""

    writer: ForgeWriter
    project_id: int

    def head(self) -> str:
        """Return a commit of the project."""

    def comments(self, target: NoteTarget) -> list[str]:
        """Return the texts of the comments, in order, as they were given."""

    def issue_count(self) -> int:
        """Return how many issues are open."""


class StandIn:
    """The stand-in, as the service account writes to it and as a member sees it."""

    def __init__(self, gitlab: GitLabStandIn, project_id: int) -> None:
        self.gitlab, self.project_id = gitlab, project_id
        self.forge = GitLabForge(gitlab.url, gitlab.token("duo"), timeout=10)
        self.writer: ForgeWriter = GitLabWriter(self.forge.asking)

    def head(self) -> str:
        return str(self.gitlab.rest("GET", f"/projects/{self.project_id}/repository/branches/main", by="maya")["commit"]["id"])

    def comments(self, target: NoteTarget) -> list[str]:
        path = f"/projects/{target.project_id}/{target.kind}/{target.iid}/notes"
        notes: Sequence[dict[str, str]] = self.gitlab.rest("GET", path, by="maya", sort="asc", activity_filter="only_comments")
        return [note["body"].partition("-->\n\n")[2] or note["body"] for note in notes]

    def issue_count(self) -> int:
        return len(self.gitlab.rest("GET", f"/projects/{self.project_id}/issues", by="maya", state="opened", per_page=100))


class Double:
    """The double."""

    project_id = 7

    def __init__(self) -> None:
        account = Person(id=1, username="duo", is_bot=True)
        self.forge = MemoryForge(account)
        self.forge.branches[7, "main"] = Branch(name="main", sha="a" * 40)
        self.memory = MemoryWriter(self.forge)
        self.writer: ForgeWriter = self.memory

    def head(self) -> str:
        return self.forge.branches[7, "main"].sha

    def comments(self, target: NoteTarget) -> list[str]:
        return [note.body for note in self.forge.notes_by_id.values() if note.target == target]

    def issue_count(self) -> int:
        return sum(item.target.kind is TargetKind.ISSUE and item.state == "opened" for item in self.memory.items.values())


async def an_issue(at: WrittenTo, mark: str, **fields: object) -> Item:
    """Return an issue of the account."""
    new = NewIssue.model_validate({"title": "The clock", "description": "It is late.", **fields})
    return await at.writer.create_issue(at.project_id, new, mark=mark, since=LONG_AGO)


async def a_merge_request(at: WrittenTo, mark: str, *, branch: str = "", **fields: object) -> Item:
    """Return a merge request of the account, from a branch of its own named like the mark."""
    source = branch or f"work/{mark}"
    await at.writer.create_branch(at.project_id, source, sha=at.head())
    told = {"title": "Fix", "description": "Why.", "source_branch": source, "target_branch": "main", **fields}
    return await at.writer.create_merge_request(at.project_id, NewMergeRequest.model_validate(told), mark=mark)
