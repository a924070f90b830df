"""Signatures of doors: only what was signed counts, all of it, and only as what it was signed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.requests import Choice
from signals.messages import Answer, ContextItem, StartFlow, Stop
from signals.signatures import is_signed, sign

KEY = b"a key that only tests know, and long enough"
AT = datetime(2026, 3, 1, tzinfo=UTC)
LATER = datetime(2026, 3, 2, tzinfo=UTC)

START = StartFlow(project=7, requester=2, session_id="s1")
ANSWER = Answer(choice=Choice.APPLY, digest="0" * 12, actor="maya", actor_id=2, received_at=AT, workflow_id="session/s1/1")
STOP = Stop(actor="maya", actor_id=2, received_at=AT, workflow_id="session/s1/1")

TAMPERED = {
    StartFlow: {
        "project": 8,
        "requester": 3,
        "goal": "another",
        "pipeline_id": 1,
        "merge_request_iid": 1,
        "issue_iid": 1,
        "additional_context": (ContextItem(Category="x", Content="{}"),),
        "definition": "version: v1",
        "session_id": "s2",
        "run": 2,
        "flow": "another",
        "trigger": "gitlab",
    },
    Answer: {
        "choice": Choice.CANCEL,
        "digest": "1" * 12,
        "request_id": "r0",
        "text": "words",
        "actor": "mallory",
        "actor_id": 4,
        "door": "gitlab",
        "event_id": "note:7:1",
        "received_at": LATER,
        "note_id": 1,
        "is_edited": True,
        "workflow_id": "session/s2/1",
    },
    Stop: {
        "reason": "words",
        "actor": "mallory",
        "actor_id": 4,
        "door": "gitlab",
        "event_id": "note:7:1",
        "received_at": LATER,
        "workflow_id": "session/s2/1",
    },
}
CASES = [(message, name) for message in (START, ANSWER, STOP) for name in TAMPERED[type(message)]]


@pytest.mark.parametrize("message", [START, ANSWER, STOP])
def test_what_was_signed_is_signed_also_after_a_journey_as_json(message):
    arrived = type(message).model_validate_json(sign(message, KEY).model_dump_json())

    assert is_signed(arrived, KEY)


@pytest.mark.parametrize(("message", "name"), CASES, ids=[f"{type(message).__name__}.{name}" for message, name in CASES])
def test_a_message_with_any_field_changed_is_not_signed(message, name):
    changed = sign(message, KEY).model_copy(update={name: TAMPERED[type(message)][name]})

    assert not is_signed(changed, KEY)


@pytest.mark.parametrize("kind", [StartFlow, Answer, Stop])
def test_no_field_is_left_out_of_the_cases_above(kind):
    assert set(TAMPERED[kind]) | {"signature"} == set(kind.model_fields)


def test_a_message_of_one_kind_is_not_signed_as_another():
    fields = {"actor": "maya", "actor_id": 2, "received_at": AT, "workflow_id": "session/s1/1"}
    answer = sign(Answer(choice=Choice.APPLY, **fields), KEY)

    assert not is_signed(Stop(**fields, signature=answer.signature), KEY)
    assert not is_signed(ANSWER.model_copy(update={"signature": sign(START, KEY).signature}), KEY)


@pytest.mark.parametrize("message", [START, ANSWER, STOP])
def test_another_keys_signature_does_not_count(message):
    assert not is_signed(sign(message, KEY[:-1]), KEY)


@pytest.mark.parametrize("message", [START, ANSWER, STOP])
def test_an_empty_key_signs_nothing_and_accepts_nothing(message):
    with pytest.raises(NeverAgain, match="Set DUOFLOWS_SIGNING_KEY") as caught:
        sign(message, b"")

    assert caught.value.code == "no_signing_key"
    assert not is_signed(sign(message, KEY), b"")
    assert not is_signed(message, b"")


def test_a_signature_takes_no_part_in_what_is_signed():
    assert sign(sign(ANSWER, KEY), KEY) == sign(ANSWER, KEY)


def test_a_signature_names_its_version():
    assert sign(ANSWER, KEY).signature.startswith("v1=")
    assert not is_signed(ANSWER.model_copy(update={"signature": sign(ANSWER, KEY).signature.removeprefix("v1=")}), KEY)


@given(st.text(st.characters()))
def test_no_made_up_signature_counts_and_none_breaks_the_check(signature):
    assert not is_signed(ANSWER.model_copy(update={"signature": signature}), KEY)
