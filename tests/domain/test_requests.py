"""A question to the requester: one table, one function, and a reason for every answer that does not count."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from duo_flows.domain.choice_words import meaning_of, place_of_words
from duo_flows.domain.requests import (
    CHOICES,
    ROUTER_WORDS,
    TRANSITIONS,
    WORDED,
    Act,
    Choice,
    Request,
    RequestEvent,
    RequestKind,
    RequestState,
    expired,
    fitting_choices,
    rule_on,
)

DEADLINE = datetime(2026, 3, 1, 12, tzinfo=UTC)
DIGEST = "0123456789ab" + "c" * 52
MAYA, DANIEL = 2, 3
REQUEST = Request(id="r1", requester_id=MAYA, requester="maya", digest=DIGEST, deadline=DEADLINE, change_ref="kept")

# The whole table once more, from the requirements and by hand: a slip in either shows in the other.
DECISIONS = {
    RequestEvent.APPLY: RequestState.APPLIED,
    RequestEvent.ALWAYS: RequestState.APPLIED,
    RequestEvent.RESPOND: RequestState.RESPONDED,
    RequestEvent.CANCEL: RequestState.CANCELLED,
    RequestEvent.MODIFY: RequestState.MODIFIED,
    RequestEvent.EXPIRE: RequestState.EXPIRED,
    RequestEvent.DIFF: RequestState.OPEN,
}


def act(**changed: object) -> Act:
    fields = {
        "event_id": "e1",
        "actor_id": MAYA,
        "actor": "maya",
        "door": "api",
        "received_at": DEADLINE,
        "choice": Choice.APPLY,
        "digest": DIGEST[:12],
        **changed,
    }
    return Act.model_validate(fields)


@pytest.mark.parametrize(("state", "event"), list(product(RequestState, RequestEvent)))
def test_every_state_and_event_leads_where_the_requirements_say(state, event):
    expected = DECISIONS[event] if state is RequestState.OPEN else None

    assert TRANSITIONS[state].get(event) == expected


def test_the_table_has_a_row_for_every_state():
    assert set(TRANSITIONS) == set(RequestState)


def test_routers_read_gitlabs_words_for_the_decisions_of_a_person_and_free_words_are_no_yes():
    assert ROUTER_WORDS == {
        RequestState.APPLIED: "approve",
        RequestState.CANCELLED: "reject",
        RequestState.MODIFIED: "modify",
        RequestState.RESPONDED: "respond",
    }


CALLS = REQUEST.model_copy(update={"kind": RequestKind.TOOL_CALLS, "choices": CHOICES[RequestKind.TOOL_CALLS]})
INPUT = REQUEST.model_copy(update={"kind": RequestKind.INPUT, "choices": CHOICES[RequestKind.INPUT]})


@pytest.mark.parametrize(
    ("request_", "choice"), [(request, choice) for request in (REQUEST, CALLS, INPUT) for choice in request.choices]
)
def test_the_requesters_answer_is_accepted_and_moves_nothing_but_the_state(request_, choice):
    ruling = rule_on(request_, act(choice=choice, text="smaller, please"))

    assert (ruling.is_accepted, ruling.code) == (True, str(choice))
    assert ruling.request == request_.model_copy(update={"state": DECISIONS[RequestEvent(choice)]})


@pytest.mark.parametrize(("request_", "choice"), [(r, c) for r in (REQUEST, CALLS, INPUT) for c in Choice if c not in r.choices])
def test_what_a_kind_of_question_does_not_offer_is_refused_and_changes_nothing(request_, choice):
    ruling = rule_on(request_, act(choice=choice, text="smaller, please"))

    assert (ruling.is_accepted, ruling.code, ruling.request) == (False, "not_offered", request_)


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_response_without_words_is_refused_and_changes_nothing(text):
    ruling = rule_on(INPUT, act(choice=Choice.RESPOND, text=text))

    assert (ruling.is_accepted, ruling.code, ruling.request) == (False, "words_missing", INPUT)


def test_of_calls_and_questions_nothing_is_said_to_be_a_change():
    reason = rule_on(CALLS, act(digest="f" * 12)).reason

    assert reason.startswith("This answers the question ffffffffffff, but the present one is")
    assert (CALLS.waiting("fix", question_ref="q").reason, CALLS.waiting("fix", question_ref="q").kind) == (
        "consent to tool calls of fix",
        "tool_calls",
    )


@pytest.mark.parametrize("has_change", [True, False])
@pytest.mark.parametrize(("kind", "choice"), [(kind, choice) for kind, choices in CHOICES.items() for choice in choices])
def test_every_choice_has_words_of_its_own(kind, choice, has_change):
    assert meaning_of(choice, kind, has_change=has_change) != choice
    assert bool(place_of_words(choice)) == (choice in WORDED)


@pytest.mark.parametrize("choice", CHOICES[RequestKind.APPROVAL])
@pytest.mark.parametrize("told", [{"change_ref": ""}, {"is_text": True}])
def test_nothing_is_said_of_a_change_where_none_is_asked_about(choice, told):
    question = REQUEST.model_copy(update=told)
    words = rule_on(question, act(choice=choice, text="Other.")).reason + meaning_of(
        choice, question.kind, has_change=question.has_change
    )

    assert not question.has_change
    assert ("change" in words, "proposal" in words, "full diff" in words) == (False, False, False)


REFUSALS = {
    "not_the_requester": ({"actor_id": DANIEL, "actor": "daniel-r"}, "Only @maya, who started this session"),
    "edited_comment": ({"is_edited": True}, "please write a new one"),
    "other_request": ({"request_id": "r0"}, "This answers question r0; the present question is r1"),
    "digest_missing": ({"digest": ""}, "this one is 0123456789ab"),
    "stale_digest": ({"digest": "f" * 12}, "This answers the change ffffffffffff, but the present one is 0123456789ab"),
    "too_late": ({"received_at": DEADLINE + timedelta(microseconds=1)}, "after the deadline of 2026-03-01 12:00:00 UTC"),
    "words_missing": ({"choice": Choice.MODIFY, "text": " \n"}, "say in words what should be different"),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refused_answer_gets_its_reason_and_changes_nothing(code):
    changed, words = REFUSALS[code]

    ruling = rule_on(REQUEST, act(**changed))

    assert (ruling.is_accepted, ruling.code) == (False, code)
    assert words in ruling.reason
    assert ruling.request == REQUEST


def test_a_choice_that_was_not_offered_is_refused_and_changes_nothing():
    plain = REQUEST.model_copy(update={"choices": (Choice.APPLY, Choice.CANCEL)})

    ruling = rule_on(plain, act(choice=Choice.DIFF))

    assert (ruling.is_accepted, ruling.code) == (False, "not_offered")
    assert "it offers apply, cancel" in ruling.reason
    assert ruling.request == plain


@pytest.mark.parametrize(("state", "choice"), list(product([state for state in RequestState if not TRANSITIONS[state]], Choice)))
def test_an_answer_to_a_closed_question_is_refused_and_changes_nothing(state, choice):
    closed = REQUEST.model_copy(update={"state": state})

    ruling = rule_on(closed, act(choice=choice, text="words"))

    assert (ruling.is_accepted, ruling.code) == (False, "already_decided")
    assert f"it was {state}" in ruling.reason
    assert ruling.request == closed


def test_an_answer_at_the_deadline_itself_is_in_time():
    assert rule_on(REQUEST, act(received_at=DEADLINE)).is_accepted


@pytest.mark.parametrize("digest", [DIGEST, DIGEST[:12], DIGEST[:40], DIGEST[:12].upper()])
def test_twelve_digits_or_more_name_the_change_in_either_case(digest):
    assert rule_on(REQUEST, act(digest=digest)).is_accepted


@pytest.mark.parametrize("digest", [DIGEST[:11], DIGEST + "0", DIGEST[1:20], " " + DIGEST[:12]])
def test_fewer_or_other_digits_do_not_name_the_change(digest):
    ruling = rule_on(REQUEST, act(digest=digest))

    assert (ruling.code, ruling.request) == ("stale_digest", REQUEST)


# From the first objection to the last: each entry adds one more fault to an answer that has all the later ones.
ORDER = [
    ("words_missing", {"choice": Choice.MODIFY, "text": ""}),
    ("too_late", {"received_at": DEADLINE + timedelta(days=1)}),
    ("stale_digest", {"digest": "f" * 12}),
    ("other_request", {"request_id": "r0"}),
    ("edited_comment", {"is_edited": True}),
    ("not_the_requester", {"actor_id": DANIEL}),
]


@pytest.mark.parametrize("count", range(1, len(ORDER) + 1))
def test_who_acts_is_objected_to_before_what_is_said(count):
    faults = {name: value for _, fault in ORDER[:count] for name, value in fault.items()}

    assert rule_on(REQUEST, act(**faults)).code == ORDER[count - 1][0]


def test_a_stranger_learns_of_a_closed_question_no_more_than_of_an_open_one():
    closed = REQUEST.model_copy(update={"state": RequestState.APPLIED})

    assert rule_on(closed, act(actor_id=DANIEL)).code == "not_the_requester"


class Answering(RuleBasedStateMachine):
    """Whatever people send, in whatever order: at most one decision, and a refusal changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.request = REQUEST
        self.decisions: list[RequestState] = []

    @rule(
        choice=st.sampled_from(Choice),
        actor_id=st.sampled_from([MAYA, DANIEL]),
        digest=st.sampled_from(["", DIGEST[:12], DIGEST, "f" * 12]),
        minutes=st.integers(-2, 2),
        is_edited=st.booleans(),
        text=st.sampled_from(["", "smaller"]),
        request_id=st.sampled_from(["", "r1", "r0"]),
    )
    def somebody_answers(self, minutes, **fields):
        before = self.request
        ruling = rule_on(before, act(received_at=DEADLINE + timedelta(minutes=minutes), **fields))
        self.request = ruling.request
        self._judge(before, ruling)

    def _judge(self, before, ruling):
        assert ruling.is_accepted or ruling.request == before
        assert ruling.reason
        assert ruling.code
        self.decisions += [ruling.request.state] if ruling.request.state is not before.state else []

    @precondition(lambda self: not self.decisions)
    @rule()
    def the_requester_looks_at_the_diff(self):
        ruling = rule_on(self.request, act(choice=Choice.DIFF))

        assert (ruling.is_accepted, ruling.request) == (True, self.request)

    @invariant()
    def there_is_one_decision_at_most(self):
        assert len(self.decisions) <= 1

    @invariant()
    def only_the_state_ever_changes(self):
        assert self.request.model_copy(update={"state": RequestState.OPEN}) == REQUEST


TestAnswering = Answering.TestCase
TestAnswering.settings = settings(max_examples=100, stateful_step_count=12, deadline=None)


def test_a_request_past_its_deadline_is_closed_and_otherwise_as_it_was():
    after = expired(REQUEST)

    assert after.is_closed
    assert after == REQUEST.model_copy(update={"state": RequestState.EXPIRED})


@pytest.mark.parametrize(
    ("kind", "has_change", "choices"),
    [
        (RequestKind.APPROVAL, True, (Choice.APPLY, Choice.DIFF, Choice.CANCEL, Choice.MODIFY)),
        (RequestKind.APPROVAL, False, (Choice.APPLY, Choice.CANCEL, Choice.MODIFY)),
        (RequestKind.TOOL_CALLS, True, (Choice.APPLY, Choice.ALWAYS, Choice.DIFF, Choice.CANCEL, Choice.MODIFY)),
        (RequestKind.TOOL_CALLS, False, (Choice.APPLY, Choice.ALWAYS, Choice.CANCEL, Choice.MODIFY)),
        (RequestKind.INPUT, False, (Choice.RESPOND, Choice.CANCEL)),
    ],
)
def test_only_what_is_stored_can_be_shown_in_full(kind, has_change, choices):
    assert fitting_choices(kind, has_change=has_change) == choices
