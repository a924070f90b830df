"""A re-run of a closed item: it stays as it was decided, and can still be where the next run comes from (requirement G14)."""

from __future__ import annotations

from .audit import RerunAccepted
from .events import RequestRerun
from .item import ApprovalItem
from .machine import Ruling
from .objections import Objection, how_it_ended, objection_to_rerun
from .people import Facts
from .records import audit_events, refusal
from .states import ItemState

# An approved item's flow has gone on, a stopped one's was stopped on purpose, and one re-run is the origin of one next run.
RERUN_ORIGINS = frozenset({ItemState.DECLINED, ItemState.EXPIRED})


def request_rerun_of(item: ApprovalItem, event: RequestRerun, facts: Facts) -> Ruling:
    """Return the ruling on a re-run asked for of a closed item; the item is never another one.

    A closed item remembers nothing: the same event is ruled alike each time, with the same audit keys, and starts one next run.
    """
    objection = _wrong_origin(item) or objection_to_rerun(item, event, facts)
    if objection:
        said = audit_events(item, event, facts, (refusal(event, objection),))
        return Ruling(item=item, is_accepted=False, code=objection.code, reason=objection.reason, audit=said)
    said = audit_events(item, event, facts, (RerunAccepted(words=event.words),))
    reason = f"The flow will run again, with the discussion and your words. {item.name} stays {item.state}."
    return Ruling(item=item, is_accepted=True, code="rerun_accepted", reason=reason, audit=said)


def _wrong_origin(item: ApprovalItem) -> Objection | None:
    if item.state in RERUN_ORIGINS:
        return None
    if not item.is_final:
        return Objection(code="wrong_state", reason=f"{item.name} is {item.state}: ask for the re-run on the item itself.")
    return Objection(code="already_decided", reason=f"{how_it_ended(item)} It cannot be run again from here.")
