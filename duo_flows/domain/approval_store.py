"""The ports of Group Approval's records: what keeps items and decisions, the audit chain, and the heads outside the database.

As of every port: each method may raise `TryAgain` and `NeverAgain`, `NotFound` where a named thing is asked for, and each write is
safe to repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from .approval_records import (
    Decision,
    Item,
    ItemFilter,
    ItemReport,
    KeptComment,
    NewItem,
    NewNotice,
    Notice,
    Review,
    Reviewer,
    Revision,
    Tick,
    WaitingFilter,
)
from .audit import ChainedEvent, ChainEnd, KeptHeads, NewAuditEvent, SignedHead
from .decision_search import DecisionPage, DecisionSearch


class ApprovalStore(Protocol):
    """Group Approval items with all that belongs to them. Revisions, reviews, ticks and decisions are never changed or removed."""

    async def open_item(self, new: NewItem) -> Item:
        """Return the item of this id, made with its project's next number if there is none.

        Numbers of a project are 1, 2, 3 … without gaps, in the order of opening, however many open at once.

        Raises:
            Refused: the id is that of an item of another project.
            NotFound: there is no item `previous_id`.
        """

    async def record(self, report: ItemReport) -> Item:
        """Apply what an approval reports, all or nothing, and return the item as it is then.

        Raises:
            NotFound: there is no such item, or nothing is stored under a revision's `content_ref`.
            NeverAgain: it contradicts what is recorded: another revision of the same number, another decision, or a review or
                decision on a revision that is not recorded.
        """

    async def item(self, item_id: str) -> Item:
        """Return one item."""

    async def item_of_number(self, project_id: int, number: int) -> Item:
        """Return the item `GA-<number>` of a project."""

    async def item_of_issue(self, project_id: int, issue_iid: int) -> Item | None:
        """Return the item that a GitLab issue shows, or None."""

    async def items(self, which: ItemFilter) -> tuple[Item, ...]:
        """Return items, newest first."""

    async def waiting_for(self, which: WaitingFilter) -> tuple[Item, ...]:
        """Return open items that a person is to review and on whose current revision they have not voted, oldest first."""

    async def reviewers(self, item_id: str) -> tuple[Reviewer, ...]:
        """Return who is asked to review, by person id."""

    async def revisions(self, item_id: str) -> tuple[Revision, ...]:
        """Return all revisions, oldest first."""

    async def reviews(self, item_id: str) -> tuple[Review, ...]:
        """Return the whole history of reviews, oldest first."""

    async def comments(self, item_id: str) -> tuple[KeptComment, ...]:
        """Return the discussion, by time of writing."""

    async def ticks(self, item_id: str) -> tuple[Tick, ...]:
        """Return the whole history of ticks, oldest first. The last of a person on an entry is what holds."""

    async def note_notice(self, item_id: str, notice: NewNotice) -> tuple[Notice, bool]:
        """Return the notice of this key, and whether it is a new one."""

    async def notice_sent(self, item_id: str, key: str, *, at: datetime) -> None:
        """Note that a notice is out; the first time stays."""

    async def notices(self, item_id: str) -> tuple[Notice, ...]:
        """Return an item's notices in the order in which they were made."""

    async def decision(self, item_id: str) -> Decision | None:
        """Return how an item was decided, or None while it is not."""

    async def search(self, search: DecisionSearch) -> DecisionPage:
        """Return a page of decisions, the best first.

        Raises:
            Refused: the cursor is none of ours.
        """


class AuditLog(Protocol):
    """The audit chain of an installation. Events are only ever appended, one after the other."""

    async def append(self, events: Sequence[NewAuditEvent]) -> ChainEnd:
        """Append the events whose keys are not there yet, in their order, and return the chain's end then.

        `ApprovalStore.record` appends with what it records; this is for what belongs to no report, such as a refusal at a door.
        """

    async def events(self, *, after: int = 0, limit: int = 500, item_id: str = "") -> tuple[ChainedEvent, ...]:
        """Return events with `seq` greater than `after`, in order; of one item only, if named.

        Raises:
            UnreadableEvent: an event was changed into something that is none.
        """

    async def end(self) -> ChainEnd:
        """Return how far the chain has come."""


class HeadKeeper(Protocol):
    """Signed heads, kept outside the database and only ever appended."""

    async def keep(self, head: SignedHead) -> None:
        """Keep one more head.

        Effects: a line is added; the same head kept twice stands twice, which does no harm.
        """

    async def heads(self) -> KeptHeads:
        """Return every head that was kept; none where none was."""
