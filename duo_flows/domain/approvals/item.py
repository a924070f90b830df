"""A Group Approval item: what it asks of whom, its revisions, what has been said of each, and how it ended. Values, no rules."""

from __future__ import annotations

from enum import StrEnum

from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH, digest_of
from duo_flows.domain.model import Model

from .policy import ApprovalPolicy
from .reviewer_rules import Found
from .states import FINAL_STATES, ItemState
from .times import Utc

# What reasons call the policy's own reviewers; a rule of `reviewer_rules` is called by its index.
BASE_RULE = "reviewers"


class Verdict(StrEnum):
    """What a reviewer says of a revision. Only `approved` and `declined` are counted; `requested_changes` blocks nothing."""

    APPROVED = "approved"
    REQUESTED_CHANGES = "requested_changes"
    DECLINED = "declined"


class ChecklistEntry(Model):
    """One item of a checklist: its id, and the digest of its text, so that a tick holds for the words that were ticked."""

    id: str
    digest: str

    @classmethod
    def of(cls, text: str) -> ChecklistEntry:
        """Return the item that a text makes: the same text is the same item, wherever in the list it stands."""
        digest = digest_of(text)
        return cls(id=digest[:DIGEST_PREFIX_LENGTH], digest=digest)


class Revision(Model):
    """One immutable version of what is decided about, numbered from 1. Its content stands under `content_ref`.

    `editor_id` is None where the flow wrote it. `found` is what reviewer rules look at; an edit may touch other paths than before.
    """

    number: int
    digest: str
    checklist: tuple[ChecklistEntry, ...] = ()
    found: Found = Found()
    editor_id: int | None = None
    editor: str = ""
    created_at: Utc
    content_ref: str

    def entry(self, entry_id: str) -> ChecklistEntry | None:
        """Return an item of the checklist, or None."""
        return next((entry for entry in self.checklist if entry.id == entry_id), None)


class Review(Model):
    """What one person said of one revision; `verdict` is None where they took it back. Their words stand with the event."""

    person_id: int
    person: str
    verdict: Verdict | None
    revision: int
    received_at: Utc
    event_id: str


class Ticked(Model):
    """That a person has seen to an item of the checklist, in the words of `entry`."""

    entry: ChecklistEntry
    person_id: int
    person: str
    received_at: Utc


class NamedReviewer(Model):
    """A reviewer by name. The id was found when they were asked, so that nobody inherits a vote with a name; None never votes."""

    username: str
    id: int | None


class Asked(Model):
    """Whom one rule asks: `rule` is `reviewers`, or `reviewer_rules[0]` and so on. Roles stay roles: who holds them is a fact."""

    rule: str = BASE_RULE
    because: str = ""
    users: tuple[NamedReviewer, ...] = ()
    roles: tuple[str, ...] = ()


class Heard(Model):
    """That an event was judged, and how: whatever comes under its id, or from its comment, is not judged again."""

    event_id: str
    note_id: int | None = None
    is_accepted: bool
    code: str


class Decision(Model):
    """How an item ended, for good: in which state, by whose event, on which revision, and the reviews that were counted.

    `received_at` is when the deciding event came in, `decided_at` when it was judged. A timer has no person.
    """

    state: ItemState
    revision: int
    digest: str
    reviews: tuple[Review, ...] = ()
    event_id: str
    person_id: int | None = None
    person: str = ""
    words: str = ""
    received_at: Utc
    decided_at: Utc


class ApprovalItem(Model):
    """One Group Approval item. `name` is what people call it (`GA-004`), `account` whom they address in comments.

    `reviews` holds at most one per person, all of the current revision, sorted by person; `history` what an edit cleared or a
    person replaced, in order. `voter_ids` are those who could vote when people were last looked at, `is_possible` whether they
    could still approve it.
    """

    id: str
    name: str
    account: str
    policy: ApprovalPolicy
    requester_id: int
    requester: str
    state: ItemState = ItemState.DRAFT
    revisions: tuple[Revision, ...]
    asked: tuple[Asked, ...] = ()
    voter_ids: tuple[int, ...] = ()
    is_possible: bool = True
    reviews: tuple[Review, ...] = ()
    history: tuple[Review, ...] = ()
    ticks: tuple[Ticked, ...] = ()
    heard: tuple[Heard, ...] = ()
    opened_at: Utc | None = None
    deadline: Utc | None = None
    decision: Decision | None = None

    @property
    def current(self) -> Revision:
        """Return the revision that can be voted on."""
        return self.revisions[-1]

    @property
    def is_final(self) -> bool:
        """Tell whether nothing changes the item any more."""
        return self.state in FINAL_STATES

    @property
    def editor_ids(self) -> frozenset[int]:
        """Return who has edited: what they wrote may still stand in the current revision."""
        return frozenset(revision.editor_id for revision in self.revisions[1:] if revision.editor_id is not None)

    @property
    def unticked(self) -> tuple[ChecklistEntry, ...]:
        """Return what of the current checklist nobody has ticked in its present words."""
        ticked = {tick.entry for tick in self.ticks}
        return tuple(entry for entry in self.current.checklist if entry not in ticked)

    @property
    def reminders_at(self) -> tuple[Utc, ...]:
        """Return when reviewers are reminded, in order: the policy's offsets from the opening, none at or after the deadline."""
        times = tuple(self.opened_at + offset for offset in self.policy.reminders) if self.opened_at else ()
        return tuple(at for at in times if self.deadline is None or at < self.deadline)

    def revision(self, number: int) -> Revision | None:
        """Return a revision by its number, or None."""
        return next((revision for revision in self.revisions if revision.number == number), None)

    def review_of(self, person_id: int) -> Review | None:
        """Return what a person has said of the current revision, or None."""
        return next((review for review in self.reviews if review.person_id == person_id), None)

    def last_reviewed(self, person_id: int) -> int | None:
        """Return the newest revision that a person has given a verdict on: what changed since then is what they want to see."""
        said = (review for review in (*self.history, *self.reviews) if review.person_id == person_id and review.verdict)
        return max((review.revision for review in said), default=None)

    def judgement_of(self, event_id: str) -> Heard | None:
        """Return how an event was judged, or None if it never was."""
        return next((heard for heard in self.heard if heard.event_id == event_id), None)
