"""What every store promises of model turns and what they used."""

from __future__ import annotations

import pytest

from duo_flows.domain.errors import NotFound
from duo_flows.domain.sessions import SessionUpdate, Usage
from tests.adapters.store.making import a_line, a_session, a_turn, an_end

PART = Usage(input_tokens=100, output_tokens=10, cost_microusd=500)
WHOLE = Usage(turns=1, input_tokens=100, output_tokens=40, cache_read_tokens=7, cache_write_tokens=8, cost_microusd=900)


@pytest.fixture
async def session_id(store) -> str:
    return (await store.sessions.register(a_session())).id


async def test_a_turn_that_was_not_answered_is_not_recorded_but_counted(store, session_id):
    await store.sessions.note_turn(a_turn(session_id), attempt=1, usage=PART)

    assert await store.sessions.recorded_turn(a_turn(session_id)) is None
    assert await store.sessions.usage(session_id) == PART


async def test_an_answered_turn_is_found_with_the_usage_of_the_attempt_that_was_answered(store, session_id):
    await store.sessions.note_turn(a_turn(session_id), attempt=1, usage=PART)
    await store.sessions.note_turn(a_turn(session_id), attempt=2, usage=WHOLE, reply_ref="reply")

    assert await store.sessions.recorded_turn(a_turn(session_id)) == ("reply", WHOLE)


async def test_one_attempts_reports_replace_each_other_and_never_shrink(store, session_id):
    await store.sessions.note_turn(a_turn(session_id), attempt=1, usage=PART)
    await store.sessions.note_turn(a_turn(session_id), attempt=1, usage=WHOLE, reply_ref="reply")
    await store.sessions.note_turn(a_turn(session_id), attempt=1, usage=PART)

    assert await store.sessions.recorded_turn(a_turn(session_id)) == ("reply", WHOLE)
    assert await store.sessions.usage(session_id) == WHOLE


async def test_the_first_answer_stays_and_a_later_one_is_only_paid_for(store, session_id):
    await store.sessions.note_turn(a_turn(session_id), attempt=2, usage=WHOLE, reply_ref="first")
    await store.sessions.note_turn(a_turn(session_id), attempt=1, usage=PART, reply_ref="straggler")
    await store.sessions.note_turn(a_turn(session_id), attempt=2, usage=WHOLE, reply_ref="changed")

    assert await store.sessions.recorded_turn(a_turn(session_id)) == ("first", WHOLE)
    assert await store.sessions.usage(session_id) == WHOLE.plus(PART)


async def test_a_session_shows_what_all_attempts_of_all_runs_have_used(store, session_id):
    await store.sessions.note_turn(a_turn(session_id), attempt=1, usage=PART)
    await store.sessions.note_turn(a_turn(session_id), attempt=2, usage=WHOLE, reply_ref="a")
    await store.sessions.update(an_end(session_id))
    await store.sessions.start_next_run(session_id, after=1)
    await store.sessions.note_turn(a_turn(session_id, run=2), attempt=1, usage=WHOLE, reply_ref="b")

    total = PART.plus(WHOLE).plus(WHOLE)
    assert await store.sessions.usage(session_id) == total
    assert (await store.sessions.session(session_id)).usage == total


async def test_a_session_without_turns_has_used_nothing(store, session_id):
    assert await store.sessions.usage(session_id) == Usage()
    assert await store.sessions.recorded_turn(a_turn(session_id)) is None


async def test_a_turn_of_a_run_that_does_not_exist_is_refused_and_not_counted(store, session_id):
    with pytest.raises(NotFound, match="has no run 2"):
        await store.sessions.note_turn(a_turn(session_id, run=2), attempt=1, usage=PART)

    assert await store.sessions.usage(session_id) == Usage()


async def test_sums_beyond_32_bits_are_exact(store, session_id):
    much = Usage(input_tokens=3_000_000_000, cost_microusd=9_007_199_254_740_993)

    await store.sessions.note_turn(a_turn(session_id, turn=1), attempt=1, usage=much)
    await store.sessions.note_turn(a_turn(session_id, turn=2), attempt=1, usage=much)

    assert await store.sessions.usage(session_id) == much.plus(much)


async def test_what_one_component_has_used_includes_its_subsessions_and_no_namesakes(store, session_id):
    for name in ("agent", "agent#1", "agent#12", "agent_two", "agenti#1"):
        await store.sessions.note_turn(a_turn(session_id).model_copy(update={"component": name}), attempt=1, usage=PART)

    assert await store.sessions.usage(session_id, component="agent") == PART.plus(PART).plus(PART)


async def test_a_turn_is_recorded_together_with_its_line_or_not_at_all(store, session_id):
    stranger = SessionUpdate(session_id=session_id, run=9, entries=(a_line("turn"),))

    with pytest.raises(NotFound):
        await store.sessions.note_turn(a_turn(session_id), attempt=1, usage=WHOLE, reply_ref="reply", report=stranger)

    assert await store.sessions.recorded_turn(a_turn(session_id)) is None
    assert await store.sessions.log(session_id) == ()


async def test_a_turn_with_its_report_stands_in_the_log_and_in_the_session(store, session_id):
    report = SessionUpdate(session_id=session_id, run=1, step="agent", entries=(a_line("turn"),))

    await store.sessions.note_turn(a_turn(session_id), attempt=1, usage=WHOLE, reply_ref="reply", report=report)

    assert [line.key for line in await store.sessions.log(session_id)] == ["turn"]
    assert (await store.sessions.session(session_id)).step == "agent"
