"""The table of states: what leads where, walked cell by cell."""

from itertools import product

import pytest

from duo_flows.domain.approvals.events import EVENT
from duo_flows.domain.approvals.machine import apply
from duo_flows.domain.approvals.states import FINAL_STATES, TRANSITIONS, EventKind, ItemState, mermaid
from tests.domain.approvals.gates import (
    AT_DEADLINE,
    BEN,
    DANIEL,
    DEADLINE_PASSED,
    LAST_LOOK_DONE,
    OPENING,
    PEOPLE_CHANGED,
    REMIND,
    SOO,
    STOPPED,
    approve,
    checked_gate,
    comment,
    decline,
    draft,
    edit,
    gate,
    names_of,
    play,
    rerun,
    tick,
    untick,
    withdraw,
)

S, E = ItemState, EventKind
SAID = {E.SUBMIT_REVIEW, E.WITHDRAW_REVIEW, E.EDIT, E.COMMENT, E.TICK, E.UNTICK, E.CHANGE_PEOPLE}
ENDS = {
    E.REACH_THRESHOLD: S.APPROVED,
    E.REACH_DECLINES: S.DECLINED,
    E.REQUEST_RERUN: S.RERUN_REQUESTED,
    E.CANCEL: S.CANCELLED,
}
# The table once more, from the requirements and by hand: a slip in either shows in the other.
EXPECTED = {
    S.DRAFT: {E.OPEN: S.OPEN, E.CANCEL: S.CANCELLED},
    S.OPEN: {**dict.fromkeys(SAID, S.OPEN), E.REMIND: S.OPEN, E.DEADLINE: S.CLOSING, **ENDS},
    S.CLOSING: {**dict.fromkeys(SAID, S.CLOSING), E.EXPIRE: S.EXPIRED, **ENDS},
}


@pytest.mark.parametrize(("state", "event"), list(product(S, E)))
def test_every_state_and_event_leads_where_the_requirements_say(state, event):
    assert TRANSITIONS[state].get(event) == EXPECTED.get(state, {}).get(event)


def test_the_table_has_a_row_for_every_state_and_five_are_final():
    assert set(TRANSITIONS) == set(S)
    assert {S.APPROVED, S.DECLINED, S.RERUN_REQUESTED, S.EXPIRED, S.CANCELLED} == FINAL_STATES


OPEN = checked_gate(threshold=4).model_copy(
    update={"policy": checked_gate().policy.model_copy(update={"require_checklist": False})}
)
ONE_IS_ENOUGH = gate(threshold=1)
ITEMS = {
    S.DRAFT: draft(),
    S.OPEN: OPEN,
    S.CLOSING: play(OPEN, DEADLINE_PASSED, known=AT_DEADLINE),
    S.APPROVED: play(ONE_IS_ENOUGH, approve(BEN)),
    S.DECLINED: play(ONE_IS_ENOUGH, decline(BEN)),
    S.RERUN_REQUESTED: play(OPEN, rerun(BEN)),
    S.EXPIRED: play(OPEN, DEADLINE_PASSED, LAST_LOOK_DONE, known=AT_DEADLINE),
    S.CANCELLED: play(OPEN, STOPPED),
}
EVENTS = {
    E.OPEN: OPENING.model_copy(update={"event_id": "open again"}),
    E.SUBMIT_REVIEW: approve(DANIEL),
    E.WITHDRAW_REVIEW: withdraw(DANIEL),
    E.EDIT: edit(DANIEL),
    E.COMMENT: comment(DANIEL),
    E.TICK: tick(DANIEL),
    E.UNTICK: untick(DANIEL),
    E.REQUEST_RERUN: rerun(SOO),
    E.REMIND: REMIND,
    E.CHANGE_PEOPLE: PEOPLE_CHANGED,
    E.DEADLINE: DEADLINE_PASSED.model_copy(update={"event_id": "deadline again"}),
    E.EXPIRE: LAST_LOOK_DONE.model_copy(update={"event_id": "expire again"}),
    E.CANCEL: STOPPED.model_copy(update={"event_id": "stop again"}),
}
WAYS = [(state, event) for state, event in product(S, EVENTS) if event in TRANSITIONS[state]]
NO_WAYS = [(state, event) for state, event in product(S, EVENTS) if event not in TRANSITIONS[state]]


def test_the_walk_covers_every_state_and_everything_that_can_be_sent():
    assert [ITEMS[state].state for state in S] == list(S)
    assert set(EVENTS) == set(E) - {E.REACH_THRESHOLD, E.REACH_DECLINES}


@pytest.mark.parametrize(("state", "event"), WAYS)
def test_the_machine_goes_every_way_of_the_table(state, event):
    ruling = apply(ITEMS[state], EVENTS[event], AT_DEADLINE)

    assert (ruling.is_accepted, ruling.item.state) == (True, TRANSITIONS[state][event]), ruling.reason


@pytest.mark.parametrize(("state", "event"), NO_WAYS)
def test_the_machine_refuses_every_other_way_in_words_and_changes_nothing(state, event):
    before = ITEMS[state]

    ruling = apply(before, EVENTS[event], AT_DEADLINE)

    assert not ruling.is_accepted
    assert ruling.code in {"not_open_yet", "wrong_state", "already_decided"}
    assert ruling.reason.startswith("GA-004 is ")
    assert ruling.item.model_copy(update={"heard": before.heard}) == before
    assert [name.endswith(".refused") for name in names_of(ruling)] == [True]


@pytest.mark.parametrize("event", EVENTS.values())
def test_every_event_travels_as_json_and_comes_back_the_same(event):
    assert EVENT.validate_json(EVENT.dump_json(event)) == event


def test_the_diagram_is_drawn_from_the_table():
    drawn = mermaid()

    assert drawn.startswith("stateDiagram-v2\n  [*] --> draft\n  draft --> open: open\n")
    assert drawn.count("-->") == 1 + sum(after is not state for state, row in TRANSITIONS.items() for after in row.values()) + 5
    assert "  open --> closing: deadline\n" in drawn
    assert "  note left of open: submit_review, withdraw_review, edit, comment, tick, untick, remind, change_people\n" in drawn
