"""Consent to tool calls: what of a log proves it, for which call exactly, and for how long."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.errors import Refused
from duo_flows.domain.sessions import LogEntry, LogKind
from duo_flows.domain.tool_approval import AskedCall, CallMoment, asked_call, batch_digest, consents_in, request_key

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALL = asked_call("c1", "create_merge_request_note", {"body": "Hello", "merge_request_iid": 1})
OTHER = asked_call("c2", "create_merge_request_note", {"body": "Goodbye", "merge_request_iid": 1})
DIGEST = batch_digest("r1", [CALL])
ASKED_AT = {"step": 3, "agent": "work#2", "turn": 4}


def request(*calls: AskedCall, **changed: object) -> LogEntry:
    data = {"request": "r1", "digest": DIGEST, **ASKED_AT, "calls": [call.model_dump() for call in calls]}
    known = {"key": request_key(1, "r1"), "kind": LogKind.REQUEST, "text": "", "data": data, "seq": 1, "run": 1, "at": NOON}
    return LogEntry.model_validate({**known, **changed})


def answer(choice: str = "apply", *, run: int = 1, **changed: object) -> LogEntry:
    data = {"choice": choice, "request": "r1", "digest": DIGEST, **changed}
    known = {"key": f"run{run}/7", "kind": LogKind.ANSWER, "text": "", "actor": "maya", "seq": 2}
    return LogEntry.model_validate({**known, "data": data, "run": run, "at": NOON})


def is_covered(requests, answers, call=CALL, **moment) -> bool:
    now = CallMoment(**{"run": 1, **ASKED_AT, **moment})
    return any(consent.covers(call, moment=now) for consent in consents_in(requests, answers))


def test_an_applied_request_covers_the_call_it_named_in_its_run():
    assert is_covered([request(CALL)], [answer()])
    [consent] = consents_in([request(CALL)], [answer()])
    assert (consent.actor, consent.request_id, consent.is_lasting) == ("maya", "r1", False)


@pytest.mark.parametrize("choice", ["diff", "cancel", "modify", "respond", "", None, ["apply"]])
def test_any_other_answer_covers_nothing(choice):
    assert not is_covered([request(CALL)], [answer(choice)])


def test_the_same_call_asked_for_again_is_another_call():
    assert not is_covered([request(CALL)], [answer()], CALL.model_copy(update={"id": "c9"}))


@pytest.mark.parametrize("tool", ["get_merge_request", ""])
def test_another_tool_with_the_same_digest_is_another_call(tool):
    assert not is_covered([request(CALL)], [answer("always")], CALL.model_copy(update={"tool": tool}))


def test_other_arguments_under_the_same_id_are_not_covered():
    assert not is_covered([request(CALL)], [answer()], OTHER.model_copy(update={"id": "c1"}))


def test_an_apply_ends_with_its_run_and_an_always_does_not():
    assert not is_covered([request(CALL)], [answer()], run=2)
    assert is_covered([request(CALL)], [answer("always")], CALL.model_copy(update={"id": "c9"}), run=2)
    assert not is_covered([request(CALL)], [answer("always")], OTHER, run=2)


@pytest.mark.parametrize("moment", [{"step": 4}, {"agent": "work"}, {"agent": "other#2"}, {"turn": 5}])
def test_a_call_of_another_moment_with_the_same_id_and_arguments_is_another_call(moment):
    assert not is_covered([request(CALL)], [answer()], **moment)
    assert CallMoment(**{"run": 1, **ASKED_AT, **moment}).key_of("t", "c1") != CallMoment(run=1, **ASKED_AT).key_of("t", "c1")


@pytest.mark.parametrize("lost", list(ASKED_AT))
def test_a_request_that_does_not_say_when_it_asked_proves_nothing(lost):
    line = request(CALL)
    known = {name: value for name, value in line.data.items() if name != lost}

    assert consents_in([line.model_copy(update={"data": known})], [answer("always")]) == ()


def test_an_answer_of_another_run_to_a_request_of_this_one_proves_nothing():
    assert consents_in([request(CALL)], [answer("always", run=2)]) == ()


@pytest.mark.parametrize("changed", [{"digest": "f" * 64}, {"digest": None}, {"request": "r2"}, {"request": None}])
def test_an_answer_that_names_another_question_proves_nothing(changed):
    assert consents_in([request(CALL)], [answer(**changed)]) == ()


def test_a_request_that_no_activity_wrote_proves_nothing():
    assert consents_in([request(CALL, key="run1/3")], [answer()]) == ()


@pytest.mark.parametrize("calls", [None, 1, "x", [1], [{"id": "c1"}], [{**CALL.model_dump(), "more": 1}]])
def test_what_cannot_be_read_is_no_consent(calls):
    line = request(data={"request": "r1", "digest": DIGEST, **ASKED_AT, "calls": calls})

    assert consents_in([line], [answer()]) == ()


def test_a_question_without_calls_consents_to_none():
    assert consents_in([request(data={"request": "r1", "digest": DIGEST, **ASKED_AT})], [answer()]) == ()


def test_the_digest_of_a_batch_names_its_question_and_the_order_of_its_calls():
    digests = {batch_digest("r1", [CALL, OTHER]), batch_digest("r2", [CALL, OTHER]), batch_digest("r1", [OTHER, CALL])}

    assert len(digests) == 3


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none() | st.booleans(), max_size=5))
def test_a_call_is_named_by_what_its_arguments_mean_and_not_by_their_order(arguments):
    turned = dict(reversed(arguments.items()))

    assert asked_call("c", "t", turned) == asked_call("c", "t", arguments)
    assert asked_call("c", "t", {**arguments, "more": 1, "n": 2}).digest != asked_call("c", "t", arguments).digest


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1}, b"x"])
def test_arguments_without_a_canonical_form_can_be_consented_to_by_nobody(value):
    with pytest.raises(Refused, match="nobody can be asked"):
        asked_call("c", "t", {"x": value})
