"""The audit chain: events in one order, each bound to the one before it, and signed heads that say how far the chain had come.

Pure. Whoever keeps events may lose, change, remove, insert or reorder them; `ChainCheck` says where. A chain that was cut off at
its end, or computed anew from some event on, holds in itself: only a head that was signed before and kept elsewhere shows it.
"""

from __future__ import annotations

import hmac
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from pydantic import AwareDatetime, Field, JsonValue, field_validator

from .canonical import canonical_json, digest_of
from .errors import NeverAgain
from .model import Model

# Stands in every hashed form: a later form of events can be told from this one.
_FORM: Final = 1
# What the first event follows.
NO_HASH: Final = "0" * 64


class NewAuditEvent(Model):
    """Something that happened, for the chain. The same `key` written twice stands once.

    `actor` is who did it, as the door has proven it; empty, with no `actor_id`, where a clock or the flow itself did. `name` is a
    noun and a past participle (`review.submitted`). `received_at` is the door's stamp, `at` when it was judged; `event_id` names
    the act that it came of. `data` holds ids, names and short values, never a secret.
    """

    key: str = Field(min_length=1)
    at: AwareDatetime
    received_at: AwareDatetime | None = None
    event_id: str = ""
    name: str = Field(pattern=r"^[a-z]+\.[a-z]+(_[a-z]+)*$")
    project_id: int
    actor_id: int | None = None
    actor: str = ""
    door: str = ""
    item_id: str = ""
    revision: int | None = None
    data: dict[str, JsonValue] = Field(default_factory=dict)

    @field_validator("data")
    @classmethod
    def _has_a_canonical_form(cls, data: dict[str, JsonValue]) -> dict[str, JsonValue]:
        canonical_json(data)  # refuses NaN and infinities, which no JSON carries
        return data


class ChainedEvent(Model):
    """An audit event in the chain, number `seq` from 1. It is read as it stands: whether it is sound is what a check finds out."""

    seq: int
    key: str
    at: datetime
    received_at: datetime | None
    event_id: str
    name: str
    project_id: int
    actor_id: int | None
    actor: str
    door: str
    item_id: str
    revision: int | None
    data: dict[str, Any]
    previous_hash: str
    hash: str


class UnreadableEvent(NeverAgain):
    """A row of the chain is no event any more: somebody changed it into something else.

    Args:
        seq: its number.
    """

    def __init__(self, seq: int) -> None:
        super().__init__(f"Event {seq} cannot be read: it was changed into something that is none.", code="audit_unreadable")
        self.seq = seq


class ChainEnd(Model):
    """How far a chain has come: its last event's number and hash; 0 and zeros before the first."""

    seq: int = 0
    hash: str = NO_HASH


def linked(event: NewAuditEvent, *, after: ChainEnd) -> ChainedEvent:
    """Return the event as the next one of the chain."""
    received_at = event.received_at.astimezone(UTC) if event.received_at else None
    times = {"at": event.at.astimezone(UTC), "received_at": received_at}
    facts = dict(event) | times | {"seq": after.seq + 1, "previous_hash": after.hash}
    unhashed = ChainedEvent(**facts, hash="")
    return unhashed.model_copy(update={"hash": hash_of(unhashed)})


def hash_of(event: ChainedEvent) -> str:
    """Return the SHA-256, in hex, of an event's canonical form without its own hash; the hash of the event before is part of it."""
    form = exported(event)
    del form["hash"]
    return digest_of(form)


def exported(event: ChainedEvent) -> dict[str, Any]:
    """Return an event as it is exported: everything that is hashed, and the hash. Times are UTC with microseconds."""
    times = {"at": _instant(event.at), "received_at": _instant(event.received_at) if event.received_at else None}
    return {"form": _FORM, **event.model_dump(), **times}


def imported(line: Mapping[str, Any]) -> ChainedEvent:
    """Return the event of an exported line.

    Raises:
        ValueError: the line is none, or of a form that this version does not know.
    """
    facts = dict(line)
    if facts.pop("form", None) != _FORM:
        raise ValueError(f"It is not an audit event of form {_FORM}.")
    return ChainedEvent.model_validate(facts)


class SignedHead(Model):
    """A chain's end at some time, signed with the audit key. It is kept where the database's owner cannot change it."""

    seq: int = Field(ge=0)
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    at: AwareDatetime
    signature: str = Field(pattern=r"^[0-9a-f]{64}$")

    def __str__(self) -> str:
        """Return the one line that files and closing notes hold, and that `head_of` reads."""
        return f"{_HEAD_WORD} {self.seq} {self.hash} {_instant(self.at)} {self.signature}"


class KeptHeads(Model):
    """What was kept of heads, oldest first; `unreadable` are the numbers of lines that hold none, from 1."""

    heads: tuple[SignedHead, ...] = ()
    unreadable: tuple[int, ...] = ()


_HEAD_WORD = "duo-flows-audit-head"
_HEAD = re.compile(
    rf"{_HEAD_WORD} (?P<seq>[0-9]{{1,18}}) (?P<hash>[0-9a-f]{{64}}) (?P<at>[0-9TZ:.+-]{{20,40}}) (?P<signature>[0-9a-f]{{64}})"
)


def signed_head(end: ChainEnd, *, at: datetime, key: bytes) -> SignedHead:
    """Return the head of a chain that has come this far."""
    return SignedHead(seq=end.seq, hash=end.hash, at=at.astimezone(UTC), signature=_signature(end.seq, end.hash, at=at, key=key))


def is_genuine(head: SignedHead, *, key: bytes) -> bool:
    """Tell whether a head was signed with this key."""
    return hmac.compare_digest(head.signature, _signature(head.seq, head.hash, at=head.at, key=key))


def head_of(text: str) -> SignedHead | None:
    """Return the head that a line or a note holds, the first of several; None where there is none."""
    found = _HEAD.search(text)
    try:
        return SignedHead.model_validate(found.groupdict()) if found else None
    except ValueError:
        return None


def _signature(seq: int, chain_hash: str, *, at: datetime, key: bytes) -> str:
    signed = canonical_json([_HEAD_WORD, seq, chain_hash, _instant(at)])
    return hmac.new(key, signed, sha256).hexdigest()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


class FaultKind(StrEnum):
    """How a chain can be broken."""

    CHANGED = "changed"
    MISSING = "missing"
    MISPLACED = "misplaced"
    UNLINKED = "unlinked"
    UNREADABLE = "unreadable"
    CUT_OFF = "cut_off"
    REWRITTEN = "rewritten"
    FORGED_HEAD = "forged_head"


class Fault(Model):
    """One break in a chain: what is wrong, at which event's number, in words for an operator."""

    kind: FaultKind
    seq: int
    text: str


class ChainCheck:
    """Checks a chain, event by event in the order of their numbers, against itself and against heads. Memory: the heads only.

    Args:
        heads: heads that were kept outside the database, in any order.
        key: the audit key that they were signed with.
    """

    def __init__(self, heads: Iterable[SignedHead] = (), *, key: bytes = b"") -> None:
        self._end = ChainEnd()
        self._expected: dict[int, set[str]] = defaultdict(set)
        self._forged: list[Fault] = []
        for head in heads:
            if is_genuine(head, key=key):
                self._expected[head.seq].add(head.hash)
            else:
                self._forged.append(_forged(head))

    @property
    def end(self) -> ChainEnd:
        """How far the chain has come."""
        return self._end

    @property
    def witnessed(self) -> int:
        """The number of the last event that a genuine head vouches for; 0 where there is none."""
        return max(self._expected, default=0)

    def take(self, event: ChainedEvent) -> tuple[Fault, ...]:
        """Return what is wrong with the next event; empty where it is sound."""
        faults = [*self._place_faults(event), *self._own_faults(event)]
        self._end = ChainEnd(seq=max(event.seq, self._end.seq), hash=event.hash)
        return tuple(faults)

    def _place_faults(self, event: ChainedEvent) -> Iterable[Fault]:
        due = self._end.seq + 1
        if event.seq > due:
            yield _missing(due, event.seq - 1)
        elif event.seq < due:
            yield Fault(kind=FaultKind.MISPLACED, seq=event.seq, text=f"Event {event.seq} stands after event {due - 1}.")
        elif event.previous_hash != self._end.hash and self._end.hash:
            text = f"Event {event.seq} does not follow the event before it: one of the two was put in, or replaced."
            yield Fault(kind=FaultKind.UNLINKED, seq=event.seq, text=text)

    def _own_faults(self, event: ChainedEvent) -> Iterable[Fault]:
        if hash_of(event) != event.hash:
            text = f"Event {event.seq} is not what it was when it was written."
            yield Fault(kind=FaultKind.CHANGED, seq=event.seq, text=text)
        if self._expected.get(event.seq, {event.hash}) != {event.hash}:
            text = f"Event {event.seq} is not the one that a signed head vouches for: the chain was computed anew, here or before."
            yield Fault(kind=FaultKind.REWRITTEN, seq=event.seq, text=text)

    def pass_over(self, unreadable: UnreadableEvent) -> tuple[Fault, ...]:
        """Return what is wrong with an event that cannot be read; the next one is taken as following it."""
        self._end = ChainEnd(seq=unreadable.seq, hash="")
        return (Fault(kind=FaultKind.UNREADABLE, seq=unreadable.seq, text=str(unreadable)),)

    def finish(self) -> tuple[Fault, ...]:
        """Return what is wrong beyond the single events, once all were taken: a chain that is cut off, heads that are forged."""
        if self.witnessed <= self._end.seq:
            return tuple(self._forged)
        text = (
            f"The chain ends at event {self._end.seq}, but a signed head vouches for event {self.witnessed}: its end was cut off."
        )
        return (Fault(kind=FaultKind.CUT_OFF, seq=self._end.seq + 1, text=text), *self._forged)


def _missing(first: int, last: int) -> Fault:
    which = f"Event {first} is" if first == last else f"Events {first} to {last} are"
    return Fault(kind=FaultKind.MISSING, seq=first, text=f"{which} missing.")


def _forged(head: SignedHead) -> Fault:
    which = f"The head of event {head.seq} from {_instant(head.at)}"
    text = f"{which} was not signed with this audit key: it is forged, or of another key."
    return Fault(kind=FaultKind.FORGED_HEAD, seq=head.seq, text=text)
