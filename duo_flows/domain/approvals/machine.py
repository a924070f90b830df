"""The machine: one event in, one ruling out. It looks for objections, makes the move, counts, and remembers that it has judged.

    apply   = repeated? -> refused? -> moved by the table -> counted -> ended or noticed -> remembered
    what_if = apply, and nothing kept

Simultaneous events come one by one, in whatever order the caller has them: reviews of different people commute until one of them
decides; of one person's the latest stamp stands; of two edits of one revision the first is taken and the second keeps its text.
"""

from __future__ import annotations

from duo_flows.domain.model import Model

from . import audit
from .audit import AuditData, AuditEvent
from .ballot import ballot_of
from .events import Event, SubmitReview, note_id_of
from .item import ApprovalItem, Heard
from .moves import MOVES
from .objections import Objection, how_it_ended, objection_to
from .people import Facts
from .records import audit_events, ended, refusal
from .standing import Standing, evaluate
from .states import LIVE_STATES, TRANSITIONS, EventKind

# What can make the count complete. A timer, a comment or an edit never does, whatever the facts say beside it.
DECIDING = frozenset({EventKind.SUBMIT_REVIEW, EventKind.TICK, EventKind.CHANGE_PEOPLE})
# More than this in one answer is read by nobody; the tree has it all.
_SENTENCES_AT_MOST = 5


class Ruling(Model):
    """What came of an event: the item after it, the reason in words for who sent it, and what happened.

    `seen` is the revision that a refused act was about, if that is past; `line` is what to write in a comment instead. A repeat
    changes nothing and leaves no audit event.
    """

    item: ApprovalItem
    is_accepted: bool
    code: str
    reason: str
    audit: tuple[AuditEvent, ...] = ()
    seen: int | None = None
    line: str = ""
    is_repeat: bool = False

    @property
    def to_compare(self) -> tuple[int, int] | None:
        """Return the two revisions whose difference the refused person is to be shown, older first, or None."""
        return None if self.seen is None else (self.seen, self.item.current.number)


class Forecast(Model):
    """What an event would do: the answer that it would get, and where the item would then stand."""

    is_accepted: bool
    code: str
    reason: str
    standing: Standing


def apply(item: ApprovalItem, event: Event, facts: Facts) -> Ruling:
    """Return the ruling on an event. A refused event leaves the item as it was, but for the memory that it was judged."""
    if heard := item.judgement_of(event.event_id):
        return _repeated(item, heard)
    objection = objection_to(item, event, facts)
    return _refused(item, event, facts, objection) if objection else _accepted(item, event, facts)


def what_if(item: ApprovalItem, event: Event, facts: Facts) -> Forecast:
    """Return what `apply` would say and where the item would stand then. Nothing is changed, and nothing is recorded."""
    ruling = apply(item, event, facts)
    return Forecast(is_accepted=ruling.is_accepted, code=ruling.code, reason=ruling.reason, standing=evaluate(ruling.item, facts))


def _repeated(item: ApprovalItem, heard: Heard) -> Ruling:
    how = "accepted" if heard.is_accepted else f"refused ({heard.code})"
    reason = f"This was heard before and {how}; it counts once. Nothing was changed."
    return Ruling(item=item, is_accepted=heard.is_accepted, code=heard.code, reason=reason, is_repeat=True)


def _refused(item: ApprovalItem, event: Event, facts: Facts, objection: Objection) -> Ruling:
    said = refusal(event, objection)
    return Ruling(
        # A draft remembers nothing: whoever opens it may try again, and early acts are given again once it is open.
        item=_remembering(item, event, objection.code, is_accepted=False) if item.state in LIVE_STATES else item,
        is_accepted=False,
        code=objection.code,
        reason=objection.reason,
        audit=audit_events(item, event, facts, (said,)),
        seen=objection.seen,
        line=objection.line,
    )


def _accepted(item: ApprovalItem, event: Event, facts: Facts) -> Ruling:
    move = MOVES[event.kind](item, event, facts)
    after = _counted(_moved(move.item, event.kind), event.kind, facts)
    after, noticed = ended(after, event, facts) if after.is_final else _people_noticed(after, facts)
    after = _remembering(after, event, move.code, is_accepted=True)
    return Ruling(
        item=after,
        is_accepted=True,
        code=move.code,
        reason=" ".join((move.reason, *_afterword(after, event, facts))),
        audit=audit_events(after, event, facts, (*move.audit, *noticed)),
    )


def _moved(item: ApprovalItem, kind: EventKind) -> ApprovalItem:
    return item.model_copy(update={"state": TRANSITIONS[item.state][kind]})


def _counted(item: ApprovalItem, kind: EventKind, facts: Facts) -> ApprovalItem:
    """Return the item after counting all reviews again, by the facts of this moment. Where both would do, the decline wins."""
    if kind not in DECIDING:
        return item
    standing = evaluate(item, facts)
    if standing.is_declined:
        return _moved(item, EventKind.REACH_DECLINES)
    return _moved(item, EventKind.REACH_THRESHOLD) if standing.is_met else item


def _people_noticed(item: ApprovalItem, facts: Facts) -> tuple[ApprovalItem, tuple[AuditData, ...]]:
    """Return the item with who may vote now, and what is to be said of it: at once, not at the deadline (requirement G6)."""
    if item.state not in LIVE_STATES:
        return item, ()
    standing = evaluate(item, facts)
    voter_ids = tuple(member.id for member in ballot_of(item, facts).voters)
    said = (*_who_changed(item, voter_ids), *_possibility(item, standing))
    return item.model_copy(update={"voter_ids": voter_ids, "is_possible": standing.can_still_pass}), said


def _who_changed(item: ApprovalItem, voter_ids: tuple[int, ...]) -> tuple[AuditData, ...]:
    joined, left = set(voter_ids) - set(item.voter_ids), set(item.voter_ids) - set(voter_ids)
    changed = audit.ReviewersChanged(joined=tuple(sorted(joined)), left=tuple(sorted(left)))
    return (changed,) if joined or left else ()


def _possibility(item: ApprovalItem, standing: Standing) -> tuple[AuditData, ...]:
    if standing.can_still_pass == item.is_possible:
        return ()
    return (audit.Unblocked(),) if standing.can_still_pass else (audit.Blocked(reasons=standing.obstacles),)


def _afterword(item: ApprovalItem, event: Event, facts: Facts) -> tuple[str, ...]:
    """Return what follows for the item, told from the item itself and never from what was hoped for."""
    if item.is_final:
        return (how_it_ended(item),)
    if not isinstance(event, SubmitReview):
        return ()
    missing = evaluate(item, facts).missing
    more = (f"and {len(missing) - _SENTENCES_AT_MOST} more",) if len(missing) > _SENTENCES_AT_MOST else ()
    return (f"Still missing: {'; '.join((*missing[:_SENTENCES_AT_MOST], *more))}.",) if missing else ()


def _remembering(item: ApprovalItem, event: Event, code: str, *, is_accepted: bool) -> ApprovalItem:
    heard = Heard(event_id=event.event_id, note_id=note_id_of(event), is_accepted=is_accepted, code=code)
    return item.model_copy(update={"heard": tuple(sorted((*item.heard, heard), key=lambda each: each.event_id))})
