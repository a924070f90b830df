from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.session_ids import ALPHABET, LENGTH, session_id_at, session_id_of

moments = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2500, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
chances = st.binary(min_size=5, max_size=5)


@given(moments, chances, st.text())
def test_every_id_has_one_form(moment, chance, event):
    made = (session_id_at(moment, chance), session_id_of(event))

    assert {len(one) for one in made} == {LENGTH}
    assert set("".join(made)) <= set(ALPHABET)


@given(st.lists(st.tuples(moments, chances), min_size=2))
def test_ids_sort_by_time(made):
    by_time = sorted(made, key=lambda one: int(one[0].timestamp() * 1000))
    stamps = [session_id_at(*one)[:9] for one in by_time]

    assert stamps == sorted(stamps)


def test_an_event_has_one_id_and_another_event_another():
    assert session_id_of("note:7:100") == session_id_of("note:7:100")
    assert session_id_of("note:7:100") != session_id_of("note:7:101")
