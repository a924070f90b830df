from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from duo_flows.adapters.store.ids import new_id
from duo_flows.domain.session_ids import ALPHABET, LENGTH

_TIMES = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(3000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone is given beside


@given(_TIMES)
def test_an_id_is_short_lower_case_and_needs_no_escaping_in_an_address(now):
    made = new_id(now)

    assert len(made) == LENGTH == 16
    assert set(made) <= set(ALPHABET)


@given(_TIMES, st.integers(min_value=1, max_value=10**9))
def test_a_later_id_sorts_after_an_earlier_one(now, milliseconds):
    assert new_id(now) < new_id(now + timedelta(milliseconds=milliseconds))


def test_ids_of_one_instant_differ():
    now = datetime(2026, 3, 1, tzinfo=UTC)

    assert len({new_id(now) for _ in range(1000)}) == 1000
