"""Sessions: GitLab's nine statuses, what moves between them, and how each ending looks to GitLab."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.errors import Refused
from duo_flows.domain.sessions import (
    ENDING_EVENTS,
    FINAL_STATUSES,
    TRANSITIONS,
    Ending,
    SessionEvent,
    SessionStatus,
    Usage,
    flow_word,
    next_status,
    workflow_id_of,
)

S, E = SessionStatus, SessionEvent

# GitLab's table, by hand: event -> (statuses it leads from, status it leads to).
WAYS = {
    E.START: ({S.CREATED}, S.RUNNING),
    E.PAUSE: ({S.RUNNING}, S.PAUSED),
    E.REQUIRE_INPUT: ({S.RUNNING}, S.INPUT_REQUIRED),
    E.REQUIRE_PLAN_APPROVAL: ({S.RUNNING}, S.PLAN_APPROVAL_REQUIRED),
    E.REQUIRE_TOOL_CALL_APPROVAL: ({S.RUNNING}, S.TOOL_CALL_APPROVAL_REQUIRED),
    E.RESUME: ({S.PAUSED, S.INPUT_REQUIRED, S.PLAN_APPROVAL_REQUIRED, S.TOOL_CALL_APPROVAL_REQUIRED}, S.RUNNING),
    E.FINISH: ({S.RUNNING}, S.FINISHED),
    E.DROP: (set(S) - {S.FINISHED, S.FAILED, S.STOPPED}, S.FAILED),
    E.STOP: (set(S) - {S.FINISHED, S.FAILED, S.STOPPED}, S.STOPPED),
}
ALLOWED = [(status, event) for status, event in product(S, E) if status in WAYS[event][0]]
REFUSED = [(status, event) for status, event in product(S, E) if status not in WAYS[event][0]]


@pytest.mark.parametrize(("status", "event"), ALLOWED)
def test_each_way_leads_where_gitlabs_table_says(status, event):
    assert next_status(status, event) is WAYS[event][1]


@pytest.mark.parametrize(("status", "event"), REFUSED)
def test_every_other_way_is_refused_in_words(status, event):
    with pytest.raises(Refused, match=f"A session that is {status} cannot {event}") as caught:
        next_status(status, event)

    assert caught.value.code == "wrong_status"


def test_the_table_has_a_row_for_every_status_and_three_are_final():
    assert set(TRANSITIONS) == set(S)
    assert {S.FINISHED, S.FAILED, S.STOPPED} == FINAL_STATUSES


@pytest.mark.parametrize(
    ("status", "endings"),
    [
        (S.FINISHED, {Ending.DONE, Ending.NOTHING_TO_DO, Ending.NOT_FIXABLE, Ending.LOW_CONFIDENCE}),
        (S.STOPPED, {Ending.CANCELLED, Ending.STOPPED, Ending.EXPIRED, Ending.ATTEMPTS_USED_UP, Ending.COST_CAP}),
        (S.FAILED, {Ending.FAULT}),
    ],
)
def test_each_ending_shows_as_its_status(status, endings):
    assert {ending for ending in Ending if next_status(S.RUNNING, ENDING_EVENTS[ending]) is status} == endings


@pytest.mark.parametrize("ending", [ending for ending in Ending if ENDING_EVENTS[ending] is not E.FINISH])
@pytest.mark.parametrize("status", sorted(set(S) - FINAL_STATUSES))
def test_an_ending_that_is_no_success_can_come_at_any_time(ending, status):
    assert next_status(status, ENDING_EVENTS[ending]) in FINAL_STATUSES


def test_each_run_of_a_session_has_a_workflow_of_its_own():
    assert [workflow_id_of("s1", run) for run in (1, 2)] == ["session/s1/1", "session/s1/2"]


USAGES = st.builds(Usage, **dict.fromkeys(Usage.model_fields, st.integers(0, 10**9)))


@given(USAGES, USAGES, USAGES)
def test_usage_adds_up_in_any_order(one, two, three):
    assert one.plus(two).plus(three) == three.plus(one.plus(two))
    assert one.plus(Usage()) == one


def test_flows_read_the_status_in_the_words_of_gitlabs_flow_service():
    assert {status: flow_word(status) for status in SessionStatus} == {
        SessionStatus.CREATED: "Not Started",
        SessionStatus.RUNNING: "Execution",
        SessionStatus.PAUSED: "Paused",
        SessionStatus.FINISHED: "Completed",
        SessionStatus.FAILED: "Error",
        SessionStatus.STOPPED: "Cancelled",
        SessionStatus.INPUT_REQUIRED: "input_required",
        SessionStatus.PLAN_APPROVAL_REQUIRED: "plan_approval_required",
        SessionStatus.TOOL_CALL_APPROVAL_REQUIRED: "tool_call_approval_required",
    }
