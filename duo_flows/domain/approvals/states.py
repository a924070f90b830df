"""The states of a Group Approval item, what can happen to it, and the one table that says what leads where.

Nothing moves an item but this table. What people and timers do leads on by itself; that enough have approved or declined is found
when reviews are counted, and is an event of its own, so that each cell of the table has one state.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ItemState(StrEnum):
    """Where an item stands.

    `closing`: the deadline has passed, and what was received before it may still be on its way. GitLab is asked once more; then the
    item expires.
    """

    DRAFT = "draft"
    OPEN = "open"
    CLOSING = "closing"
    APPROVED = "approved"
    DECLINED = "declined"
    RERUN_REQUESTED = "rerun_requested"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class EventKind(StrEnum):
    """What can happen to an item. The last two come of counting and are sent by nobody."""

    OPEN = "open"
    SUBMIT_REVIEW = "submit_review"
    WITHDRAW_REVIEW = "withdraw_review"
    EDIT = "edit"
    COMMENT = "comment"
    TICK = "tick"
    UNTICK = "untick"
    REQUEST_RERUN = "request_rerun"
    REMIND = "remind"
    CHANGE_PEOPLE = "change_people"
    DEADLINE = "deadline"
    EXPIRE = "expire"
    CANCEL = "cancel"
    REACH_THRESHOLD = "reach_threshold"
    REACH_DECLINES = "reach_declines"


_S, _E = ItemState, EventKind

TRANSITIONS: Mapping[ItemState, Mapping[EventKind, ItemState]] = {
    _S.DRAFT: {
        _E.OPEN: _S.OPEN,
        _E.CANCEL: _S.CANCELLED,
    },
    _S.OPEN: {
        _E.SUBMIT_REVIEW: _S.OPEN,
        _E.WITHDRAW_REVIEW: _S.OPEN,
        _E.EDIT: _S.OPEN,
        _E.COMMENT: _S.OPEN,
        _E.TICK: _S.OPEN,
        _E.UNTICK: _S.OPEN,
        _E.REMIND: _S.OPEN,
        _E.CHANGE_PEOPLE: _S.OPEN,
        _E.DEADLINE: _S.CLOSING,
        _E.REACH_THRESHOLD: _S.APPROVED,
        _E.REACH_DECLINES: _S.DECLINED,
        _E.REQUEST_RERUN: _S.RERUN_REQUESTED,
        _E.CANCEL: _S.CANCELLED,
    },
    _S.CLOSING: {
        _E.SUBMIT_REVIEW: _S.CLOSING,
        _E.WITHDRAW_REVIEW: _S.CLOSING,
        _E.EDIT: _S.CLOSING,
        _E.COMMENT: _S.CLOSING,
        _E.TICK: _S.CLOSING,
        _E.UNTICK: _S.CLOSING,
        _E.CHANGE_PEOPLE: _S.CLOSING,
        _E.REACH_THRESHOLD: _S.APPROVED,
        _E.REACH_DECLINES: _S.DECLINED,
        _E.REQUEST_RERUN: _S.RERUN_REQUESTED,
        _E.EXPIRE: _S.EXPIRED,
        _E.CANCEL: _S.CANCELLED,
    },
    _S.APPROVED: {},
    _S.DECLINED: {},
    _S.RERUN_REQUESTED: {},
    _S.EXPIRED: {},
    _S.CANCELLED: {},
}

FINAL_STATES = frozenset(state for state, row in TRANSITIONS.items() if not row)
# What lives: it can be reviewed, and what it is told is remembered.
LIVE_STATES = frozenset({_S.OPEN, _S.CLOSING})


def mermaid() -> str:
    """Return the table as a Mermaid state diagram. Events that lead from a state to itself stand in a note beside it."""
    lines = ["stateDiagram-v2", f"  [*] --> {_S.DRAFT}"]
    for state, row in TRANSITIONS.items():
        lines += [f"  {state} --> {after}: {event}" for event, after in row.items() if after is not state]
        staying = [event for event, after in row.items() if after is state]
        lines += [f"  note left of {state}: {', '.join(staying)}"] if staying else []
    lines += [f"  {state} --> [*]" for state in TRANSITIONS if state in FINAL_STATES]
    return "\n".join(lines) + "\n"
