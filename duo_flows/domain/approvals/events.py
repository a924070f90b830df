"""Everything that can be sent to an item: what people do, what timers say, what the flow does. Values, no rules.

Every event has an id under which it counts once, and the stamp of the door that received it; only that stamp is compared with a
deadline. Doors have proven who acts; the machine asks the facts what they may.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from duo_flows.domain.model import Model

from .item import ChecklistEntry, Verdict
from .reviewer_rules import Found
from .states import EventKind
from .times import Utc

# What GitLab lets one write in a comment is longer; what a person says of a plan is not.
WORDS_MAX_LENGTH = 20_000
Words = Annotated[str, Field(max_length=WORDS_MAX_LENGTH)]


class _Event(Model):
    event_id: str = Field(min_length=1)
    received_at: Utc
    door: str


class Note(Model):
    """The GitLab comment that an act was written in, as GitLab has it now."""

    id: int
    author_id: int
    is_edited: bool


class _Act(_Event):
    """What a person does; `note` is None where it was no comment."""

    actor_id: int
    actor: str
    note: Note | None = None


class Open(_Event):
    """The gate opens: people are asked and the time begins. `default_timeout` is the operator's, where the policy says nothing."""

    kind: Literal[EventKind.OPEN] = EventKind.OPEN
    default_timeout: timedelta | None = None


class SubmitReview(_Act):
    """A vote. `revision` is what the voter saw; `digest` (any prefix from 12 digits) may say it more exactly."""

    kind: Literal[EventKind.SUBMIT_REVIEW] = EventKind.SUBMIT_REVIEW
    verdict: Verdict
    revision: int | None = None
    digest: str = ""
    words: Words = ""


class WithdrawReview(_Act):
    """A reviewer takes their verdict back and says nothing instead."""

    kind: Literal[EventKind.WITHDRAW_REVIEW] = EventKind.WITHDRAW_REVIEW


class Edit(_Act):
    """A whole new content, made from revision `base`. It is already stored under `content_ref`, whatever becomes of the edit."""

    kind: Literal[EventKind.EDIT] = EventKind.EDIT
    base: int
    digest: str
    content_ref: str
    checklist: tuple[ChecklistEntry, ...] = ()
    found: Found = Found()


class Comment(_Act):
    """Something said in the discussion that decides nothing. Its text stands under `content_ref`."""

    kind: Literal[EventKind.COMMENT] = EventKind.COMMENT
    content_ref: str


class Tick(_Act):
    """A person has seen to an item of the checklist as it stood in `revision`."""

    kind: Literal[EventKind.TICK] = EventKind.TICK
    entry_id: str
    revision: int


class Untick(_Act):
    """A person says that an item of the checklist is not seen to, whoever has ticked it."""

    kind: Literal[EventKind.UNTICK] = EventKind.UNTICK
    entry_id: str
    revision: int


class RequestRerun(_Act):
    """The flow should begin again, with the discussion and these words as context."""

    kind: Literal[EventKind.REQUEST_RERUN] = EventKind.REQUEST_RERUN
    words: Words = ""


class Remind(_Event):
    """A reminder is due."""

    kind: Literal[EventKind.REMIND] = EventKind.REMIND


class ChangePeople(_Event):
    """People were looked at again; what is true of them now stands in the facts."""

    kind: Literal[EventKind.CHANGE_PEOPLE] = EventKind.CHANGE_PEOPLE


class Deadline(_Event):
    """The timer of the deadline has fired. The sender then asks GitLab once more, gives what it finds, and sends `Expire`."""

    kind: Literal[EventKind.DEADLINE] = EventKind.DEADLINE


class Expire(_Event):
    """Nothing that was received before the deadline is on its way any more."""

    kind: Literal[EventKind.EXPIRE] = EventKind.EXPIRE


class Cancel(_Event):
    """The flow was stopped, by `actor` where a person did it."""

    kind: Literal[EventKind.CANCEL] = EventKind.CANCEL
    actor_id: int | None = None
    actor: str = ""
    words: Words = ""


Act = SubmitReview | WithdrawReview | Edit | Comment | Tick | Untick | RequestRerun
Event = Annotated[
    Open | Act | Remind | ChangePeople | Deadline | Expire | Cancel,
    Field(discriminator="kind"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def note_id_of(event: Event) -> int | None:
    """Return the comment that an act which counts was written in; a plain comment uses nothing up."""
    return event.note.id if isinstance(event, Act) and event.note and not isinstance(event, Comment) else None


def actor_of(event: Event) -> tuple[int | None, str]:
    """Return who did it, by id and name; a timer is nobody."""
    return (event.actor_id, event.actor) if isinstance(event, Act | Cancel) else (None, "")
