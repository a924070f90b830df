"""The port `ForgeWriter`: what agents and steps write into GitLab besides code, which only `Repository` writes.

Every write is safe to repeat and shows once: things with a text carry a hidden mark and are looked for before they are made; others
are known by what they are (a branch and its commit, a pair of issues). Who may ask for a write was decided before.

Every method may raise `TryAgain`, `NeverAgain` and `Refused` (GitLab does not let the service account); `NotFound` where a named
thing is asked for.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, Protocol

from .branches import BranchRule
from .canonical import digest_of
from .errors import Refused
from .model import Model
from .people import Branch
from .pipelines import Note, NoteTarget

# How two issues can be related. Source: GitLab docs, api/issue_links.
LinkKind = Literal["relates_to", "blocks", "is_blocked_by"]


class Item(Model):
    """An issue or merge request as it is now; `source_branch` and `target_branch` are a merge request's."""

    target: NoteTarget
    title: str
    description: str
    state: str
    web_url: str
    author_id: int = 0
    labels: tuple[str, ...] = ()
    assignee_ids: tuple[int, ...] = ()
    reviewer_ids: tuple[int, ...] = ()
    is_confidential: bool = False
    due_date: str = ""
    source_branch: str = ""
    target_branch: str = ""


class NewItem(Model):
    """What an issue or merge request is to be when it is made."""

    title: str
    description: str
    labels: tuple[str, ...] = ()
    assignee_ids: tuple[int, ...] = ()


class NewMergeRequest(NewItem):
    """A merge request to be made, inside one project."""

    source_branch: str
    target_branch: str
    reviewer_ids: tuple[int, ...] = ()
    remove_source_branch: bool | None = None
    squash: bool | None = None


class NewIssue(NewItem):
    """An issue to be made."""

    is_confidential: bool = False
    due_date: str = ""
    issue_type: str = "issue"


class ItemSeen(Model):
    """How the texts of an item stood when a call first saw it, by digest: what somebody has written since is not overwritten."""

    title: str
    description: str

    @classmethod
    def of(cls, item: Item) -> ItemSeen:
        """Return how this item stands."""
        return cls(title=digest_of(item.title), description=digest_of(item.description))

    def check(self, present: Item, names: Collection[str]) -> None:
        """Raise Refused if one of the named texts is to be overwritten and is not the one that was seen."""
        now = self.of(present)
        for name in sorted({"title", "description"}.intersection(names)):
            if getattr(now, name) != getattr(self, name):
                raise Refused(
                    f"Somebody has changed the {name} since this call began; nothing was written. Read it again and try anew.",
                    code="changed_meanwhile",
                )


class ItemChanges(Model):
    """What is to be otherwise on an issue or merge request; None leaves it. Fields are GitLab's."""

    title: str | None = None
    description: str | None = None
    labels: tuple[str, ...] | None = None
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    assignee_ids: tuple[int, ...] | None = None
    reviewer_ids: tuple[int, ...] | None = None
    state_event: Literal["close", "reopen"] | None = None
    target_branch: str | None = None
    confidential: bool | None = None
    due_date: str | None = None
    discussion_locked: bool | None = None
    remove_source_branch: bool | None = None
    squash: bool | None = None


class DiffPlace(Model):
    """A line of a merge request's diff: the new number for an added line, the old one for a deleted, both for a line that stays."""

    old_path: str
    new_path: str
    old_line: int | None = None
    new_line: int | None = None


class NewComment(Model):
    """What is to stand on an issue or merge request once. At most one of the places is given; without any it stands alone.

    Attributes:
        target: the issue or merge request.
        body: the text, in Markdown.
        mark: what it is known by.
        is_internal: whether only members from Reporter upwards see it.
        reply_to_note: a comment whose thread it goes into.
        discussion_id: a thread it goes into.
        place: the line of a diff at which it begins a thread.
    """

    target: NoteTarget
    body: str
    mark: str
    is_internal: bool = False
    reply_to_note: int | None = None
    discussion_id: str = ""
    place: DiffPlace | None = None


class ForgeWriter(Protocol):
    """GitLab, as the service account may write to it."""

    async def branch_rules(self, project_id: int) -> tuple[BranchRule, ...] | None:
        """Return the protected branches, or None where the service account may not read them.

        Only maintainers may read them, so that with None GitLab's own rules bind the account no less than a developer.
        """

    async def create_branch(self, project_id: int, name: str, *, sha: str) -> Branch:
        """Return the branch, made at the commit if it is not there.

        Effects: the branch stands at this commit, or nothing has changed.

        Raises:
            Refused: it is there already, at another commit.
        """

    async def last_commit(self, project_id: int, path: str, *, ref: str) -> str:
        """Return the id of the last commit at a ref that touched a file; empty where none did."""

    async def item(self, target: NoteTarget) -> Item:
        """Return an issue or merge request as it is now."""

    async def create_merge_request(self, project_id: int, new: NewMergeRequest, *, mark: str) -> Item:
        """Return the account's merge request with this mark, made if there is none.

        Effects: at most one merge request has the mark.

        Raises:
            Refused: another open merge request joins these branches.
        """

    async def create_issue(self, project_id: int, new: NewIssue, *, mark: str, since: datetime) -> Item:
        """Return the account's issue with this mark, made if there is none; it cannot have been made before `since`.

        Effects: at most one open issue has the mark; of two made at once the later one is closed.
        """

    async def update_item(self, item: Item, changes: ItemChanges, *, seen: ItemSeen) -> Item:
        """Return the issue or merge request with the changes.

        Effects: what is as wanted already is not written again. A description keeps the mark of the one it replaces.

        Raises:
            Refused: a text that would be overwritten is not the one that was seen.
        """

    async def write_comment(self, new: NewComment) -> Note:
        """Return the account's comment with this mark, written if there is none.

        Effects: at most one comment on the target has the mark.

        Raises:
            NotFound: the named thread or comment is not there.
        """

    async def set_thread_resolved(self, target: NoteTarget, discussion_id: str, *, is_resolved: bool) -> None:
        """Resolve a thread of a merge request, or open it again."""

    async def link_issues(self, project_id: int, iid: int, *, to: int, kind: LinkKind) -> str:
        """Return how two issues of a project are related, related so if they were not.

        Effects: one relation joins the two; one that was there stays as it is.
        """
