"""The audit chain: what a check of it finds, whatever was done to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from duo_flows.domain.audit import (
    NO_HASH,
    ChainCheck,
    ChainedEvent,
    ChainEnd,
    FaultKind,
    NewAuditEvent,
    SignedHead,
    exported,
    hash_of,
    head_of,
    imported,
    is_genuine,
    linked,
    signed_head,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = b"k" * 32
EMPTY = linked(NewAuditEvent(key="none", at=NOON, name="nothing.happened", project_id=0), after=ChainEnd())


def an_event(n: int = 1, **given) -> NewAuditEvent:
    known = {"key": f"e{n}", "at": NOON, "name": "review.submitted", "project_id": 7, "actor_id": 11, "actor": "daniel-r"}
    return NewAuditEvent(**known | {"door": "api", "item_id": "item1", "revision": 1, "data": {"verdict": "approved"}} | given)


def chained(*events: NewAuditEvent, after: ChainEnd | None = None) -> list[ChainedEvent]:
    def follow(last: ChainedEvent, event: NewAuditEvent) -> ChainedEvent:
        return linked(event, after=end_of([last]))

    first = linked(events[0], after=after or ChainEnd())
    return list(accumulate(events[1:], follow, initial=first))


def a_chain(length: int = 6) -> list[ChainedEvent]:
    return chained(*(an_event(n) for n in range(1, length + 1)))


def end_of(chain: list[ChainedEvent]) -> ChainEnd:
    return ChainEnd(seq=chain[-1].seq, hash=chain[-1].hash)


def head_at(chain: list[ChainedEvent], *, key: bytes = KEY) -> SignedHead:
    return signed_head(end_of(chain), at=NOON, key=key)


def faults(chain: list[ChainedEvent], *heads: SignedHead) -> list[tuple[FaultKind, int]]:
    check = ChainCheck(heads, key=KEY)
    found = [fault for event in chain for fault in check.take(event)]
    return [(fault.kind, fault.seq) for fault in (*found, *check.finish())]


CHAIN = a_chain()
HEAD = head_at(CHAIN)
OTHERS = {
    "key": "other",
    "at": NOON + timedelta(microseconds=1),
    "received_at": NOON,
    "event_id": "other",
    "name": "review.refused",
    "project_id": 8,
    "actor_id": None,
    "actor": "somebody",
    "door": "page",
    "item_id": "item2",
    "revision": None,
    "data": {"verdict": "declined"},
    "previous_hash": "1" * 64,
    "hash": "2" * 64,
}
places = st.integers(0, len(CHAIN) - 1)
words = st.text(max_size=8)
data = st.dictionaries(words, st.none() | st.booleans() | st.integers() | words | st.lists(words, max_size=3), max_size=3)


@st.composite
def any_event(draw) -> NewAuditEvent:
    at = draw(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    return an_event(
        draw(st.integers(1, 9)), at=at, actor=draw(words), data=draw(data), revision=draw(st.none() | st.integers(1, 9))
    )


@given(st.lists(any_event(), min_size=1, max_size=8))
def test_a_chain_that_nobody_touched_is_sound_with_its_head(events):
    chain = chained(*events)

    assert faults(chain, head_at(chain)) == []
    assert [event.seq for event in chain] == list(range(1, len(events) + 1))
    assert all(after.previous_hash == before.hash for before, after in pairwise(chain))


@given(places, st.sampled_from(sorted(OTHERS)))
def test_any_change_of_any_field_is_found_where_it_was_made(place, name):
    changed = CHAIN[place].model_copy(update={name: OTHERS[name]})

    found = faults([*CHAIN[:place], changed, *CHAIN[place + 1 :]], HEAD)

    assert (FaultKind.CHANGED, changed.seq) in found


@given(places, any_event())
def test_any_change_with_a_hash_computed_anew_is_found_at_the_event_or_the_next(place, other):
    before = ChainEnd() if place == 0 else end_of(CHAIN[:place])
    replaced = linked(other.model_copy(update={"key": "replaced"}), after=before)

    found = faults([*CHAIN[:place], replaced, *CHAIN[place + 1 :]], HEAD)

    assert {seq for _, seq in found} == {min(place + 2, len(CHAIN))}


@given(places)
def test_a_removed_event_is_found(place):
    found = faults(CHAIN[:place] + CHAIN[place + 1 :], HEAD)

    is_last = place == len(CHAIN) - 1
    assert found == [(FaultKind.CUT_OFF if is_last else FaultKind.MISSING, place + 1)]


@given(places, st.integers(2, 6))
def test_removed_events_are_found_where_the_first_of_them_stood(place, count):
    found = faults(CHAIN[:place] + CHAIN[place + count :], HEAD)

    assert [seq for _, seq in found] == [place + 1]


@given(places, any_event())
def test_an_inserted_event_is_found(place, other):
    inserted = linked(other.model_copy(update={"key": "inserted"}), after=end_of(CHAIN[:place]) if place else ChainEnd())

    assert faults([*CHAIN[:place], inserted, *CHAIN[place:]], HEAD)


@given(places, places)
def test_two_events_that_changed_places_are_found(one, other):
    swapped = list(CHAIN)
    swapped[one], swapped[other] = CHAIN[other], CHAIN[one]
    renumbered = [event.model_copy(update={"seq": n}) for n, event in enumerate(swapped, 1)]

    assert (faults(swapped, HEAD) == []) is (one == other)
    assert (faults(renumbered, HEAD) == []) is (one == other)


@given(places)
def test_a_chain_computed_anew_is_sound_in_itself_and_found_by_its_head(place):
    kept = CHAIN[:place]
    anew = [*kept, *chained(*(an_event(n, actor="somebody") for n in range(place + 1, 7)), after=end_of(kept) if kept else None)]

    assert faults(anew) == []
    assert faults(anew, HEAD) == [(FaultKind.REWRITTEN, 6)]


@given(st.integers(0, 5))
def test_a_chain_cut_off_at_its_end_is_sound_in_itself_and_found_by_its_head(length):
    assert faults(CHAIN[:length]) == []
    assert faults(CHAIN[:length], HEAD) == [(FaultKind.CUT_OFF, length + 1)]


def test_a_chain_that_went_on_after_its_heads_is_sound():
    assert faults(CHAIN, head_at(CHAIN[:2]), head_at(CHAIN[:4]), signed_head(ChainEnd(), at=NOON, key=KEY)) == []


def test_a_head_that_another_key_signed_vouches_for_nothing_and_is_told():
    forged = head_at(a_chain(9), key=b"another key of thirty-two bytes!")

    check = ChainCheck([forged], key=KEY)

    assert [fault.kind for event in CHAIN for fault in check.take(event)] == []
    assert [fault.kind for fault in check.finish()] == [FaultKind.FORGED_HEAD]
    assert check.witnessed == 0


@pytest.mark.parametrize("change", [{"seq": 5}, {"hash": "1" * 64}, {"at": NOON + timedelta(seconds=1)}, {"signature": "1" * 64}])
def test_a_head_is_genuine_only_as_it_was_signed(change):
    assert is_genuine(HEAD, key=KEY)
    assert not is_genuine(HEAD.model_copy(update=change), key=KEY)


def test_a_head_is_read_back_from_the_note_that_holds_it():
    note = f"Approved by 4.\n\n<!-- {HEAD} -->\n"

    assert head_of(note) == HEAD


@pytest.mark.parametrize(
    "text", ["", "duo-flows-audit-head", str(HEAD)[:-1], str(HEAD).replace("2026", "9999"), str(HEAD).replace("-03-", "-13-")]
)
def test_what_is_no_head_is_not_taken_for_one(text):
    found = head_of(text)

    assert found is None or not is_genuine(found, key=KEY)


@given(any_event())
def test_an_exported_event_is_read_back_from_its_line_and_hashes_the_same(event):
    before = linked(event, after=ChainEnd(seq=4, hash="a" * 64))

    after = imported(json.loads(json.dumps(exported(before))))

    assert after == before
    assert hash_of(after) == before.hash


def test_the_form_of_an_event_never_changes_unnoticed():
    """What is hashed today must hash the same in ten years: whoever changes this form writes a new one beside it."""
    assert exported(linked(an_event(received_at=NOON, event_id="v1"), after=ChainEnd())) == {
        "form": 1,
        "seq": 1,
        "key": "e1",
        "at": "2026-03-01T12:00:00.000000+00:00",
        "received_at": "2026-03-01T12:00:00.000000+00:00",
        "event_id": "v1",
        "name": "review.submitted",
        "project_id": 7,
        "actor_id": 11,
        "actor": "daniel-r",
        "door": "api",
        "item_id": "item1",
        "revision": 1,
        "data": {"verdict": "approved"},
        "previous_hash": NO_HASH,
        "hash": "85605e28e2f343a1e8c4720e0dcd9d90704b1f104b921e6f7b51eddff3af0d82",
    }


def test_the_same_instant_in_another_zone_is_the_same_event():
    east = NOON.astimezone(timezone(timedelta(hours=5)))

    assert linked(an_event(at=east), after=ChainEnd()) == linked(an_event(), after=ChainEnd())


@pytest.mark.parametrize("line", [{}, {"form": 2, "seq": 1}, {"form": 1, "seq": "x"}, {**exported(EMPTY), "extra": 1}])
def test_a_line_that_is_no_event_is_refused(line):
    with pytest.raises(ValueError, match=r"audit event|validation error"):
        imported(line)


@pytest.mark.parametrize(
    "given", [{"name": "Voted"}, {"name": "voted"}, {"key": ""}, {"at": NOON.replace(tzinfo=None)}, {"data": {"x": float("nan")}}]
)
def test_an_event_that_cannot_be_chained_is_refused_where_it_is_made(given):
    with pytest.raises(ValidationError):
        an_event(**given)
