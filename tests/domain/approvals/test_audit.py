"""Audit events: their names have a grammar, their keys make them stand once, and nobody's words get lost."""

import re

import pytest
from pydantic import TypeAdapter

from duo_flows.domain.approvals.audit import AuditData, AuditEvent, AuditName
from tests.domain.approvals.gates import (
    AT_DEADLINE,
    BEN,
    DANIEL,
    DEADLINE,
    DEADLINE_PASSED,
    FACTS,
    LAST_LOOK_DONE,
    NOON,
    SOO,
    STRANGER,
    apply,
    approve,
    comment,
    decline,
    edit,
    gate,
    last,
    play,
    rerun,
    rulings,
)

NOUNS = {"approval", "review", "revision", "comment", "checklist", "rerun", "reviewers", "deadline", "timer"}
# The participles of English that do not end in -ed.
IRREGULAR = {"kept", "withdrawn"}


@pytest.mark.parametrize("name", AuditName)
def test_a_name_is_a_noun_of_the_glossary_and_a_past_participle(name):
    noun, verb = re.fullmatch(r"([a-z]+)\.([a-z_]+)", name).groups()

    assert noun in NOUNS
    assert verb.endswith("ed") or verb in IRREGULAR


def test_every_name_has_one_model_of_its_data():
    mapping = TypeAdapter(AuditData).json_schema()["discriminator"]["mapping"]

    assert set(mapping) == set(AuditName)


def test_an_event_says_who_by_which_door_when_and_on_which_revision():
    [event] = last(gate(), edit(DANIEL), approve(SOO, 2)).audit

    assert (event.name, event.actor_id, event.actor, event.door, event.revision) == (
        "review.submitted",
        SOO.id,
        "soo-kim",
        "api",
        2,
    )
    assert (event.received_at, event.at, event.item_id) == (NOON, NOON, "item4")


def test_a_timer_is_nobody():
    [event] = last(gate(), DEADLINE_PASSED, known=AT_DEADLINE).audit

    assert (event.actor_id, event.actor, event.data.deadline) == (None, "", DEADLINE)


def test_what_happened_has_the_same_keys_whenever_it_is_judged_again():
    item = gate(threshold=1)

    keys = [event.key for event in apply(item, approve(BEN), FACTS).audit]

    assert keys == [f"item4/{approve(BEN).event_id}/1", f"item4/{approve(BEN).event_id}/2"]
    assert keys == [event.key for event in apply(item, approve(BEN), AT_DEADLINE).audit]


def test_keys_of_different_events_differ():
    said = rulings(gate(decline=2), approve(SOO), decline(DANIEL), edit(SOO), comment(STRANGER), approve(BEN))
    keys = [event.key for ruling in said for event in ruling.audit]

    assert len(keys) == len(set(keys)) == 5


def test_the_words_of_a_refused_act_are_kept():
    [event] = last(gate(), rerun(STRANGER, "please")).audit

    assert (event.name, event.data.kind, event.data.code, event.data.words) == (
        "rerun.refused",
        "request_rerun",
        "not_a_reviewer",
        "please",
    )


WHOLE_LIFE = [
    *rulings(gate(), approve(SOO), edit(DANIEL), approve(STRANGER), rerun(BEN)),
    *rulings(gate(), DEADLINE_PASSED, LAST_LOOK_DONE, known=AT_DEADLINE),
]


@pytest.mark.parametrize("event", [event for ruling in WHOLE_LIFE for event in ruling.audit], ids=lambda event: event.name)
def test_an_audit_event_travels_as_json_and_comes_back_the_same(event):
    assert AuditEvent.model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize("ruling", WHOLE_LIFE, ids=lambda ruling: ruling.code)
def test_a_ruling_travels_as_json_and_comes_back_the_same(ruling):
    assert type(ruling).model_validate_json(ruling.model_dump_json()) == ruling


def test_an_item_that_comes_back_from_json_goes_on_as_before():
    item = play(gate(), approve(SOO), edit(DANIEL))
    read = type(item).model_validate_json(item.model_dump_json())

    assert apply(read, approve(SOO, 2), FACTS) == apply(item, approve(SOO, 2), FACTS)
