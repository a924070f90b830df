"""What every store promises of the session log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from duo_flows.domain.errors import NotFound
from duo_flows.domain.sessions import LogEntry, LogKind, SessionUpdate
from tests.adapters.store.making import NOON, a_line, a_session, an_end, lines


@pytest.fixture
async def session_id(store) -> str:
    return (await store.sessions.register(a_session())).id


async def test_a_line_comes_back_as_it_was_written_with_number_run_and_time(store, session_id, clock):
    clock.forward(minutes=3)
    line = a_line(
        "t1", kind=LogKind.TOOL, actor="agent", door="api", component="fix", data={"n": [1, {"x": None}], "é": "\0\ud800"}
    )

    await store.sessions.append(session_id, 1, [line])

    [written] = await store.sessions.log(session_id)
    assert written == LogEntry(**line.model_dump(), seq=1, run=1, at=NOON + timedelta(minutes=3))


async def test_lines_are_numbered_from_one_in_the_order_they_were_given(store, session_id):
    await store.sessions.append(session_id, 1, lines("c", "a"))
    await store.sessions.append(session_id, 1, lines("b"))

    assert [(line.seq, line.key) for line in await store.sessions.log(session_id)] == [(1, "c"), (2, "a"), (3, "b")]


async def test_a_line_written_twice_stands_once_as_it_was_first_written(store, session_id):
    await store.sessions.append(session_id, 1, [a_line("a", text="first"), a_line("a", text="in the same breath")])
    await store.sessions.append(session_id, 1, [a_line("a", text="again"), a_line("b")])

    written = await store.sessions.log(session_id)
    assert [(line.seq, line.key) for line in written] == [(1, "a"), (2, "b")]
    assert written[0].text == "first"


async def test_an_update_writes_its_lines_once_however_often_it_is_repeated(store, session_id):
    update = SessionUpdate(session_id=session_id, run=1, entries=tuple(lines("a", "b")))

    await store.sessions.update(update)
    await store.sessions.update(update)

    assert [line.seq for line in await store.sessions.log(session_id)] == [1, 2]


async def test_two_sessions_may_use_the_same_keys_and_count_apart(store, session_id):
    other = (await store.sessions.register(a_session("other"))).id

    await store.sessions.append(session_id, 1, lines("a"))
    await store.sessions.append(other, 1, lines("a"))

    assert [line.seq for line in await store.sessions.log(session_id)] == [1]
    assert [line.seq for line in await store.sessions.log(other)] == [1]


async def test_the_log_goes_on_over_runs_with_one_count(store, session_id):
    await store.sessions.update(an_end(session_id, entries=tuple(lines("a"))))
    await store.sessions.start_next_run(session_id, after=1)

    await store.sessions.append(session_id, 2, lines("b"))

    assert [(line.seq, line.run) for line in await store.sessions.log(session_id)] == [(1, 1), (2, 2)]


async def test_lines_are_found_by_their_kind_in_the_order_of_the_log(store, session_id):
    told = [a_line(key, kind=kind) for key, kind in (("a", LogKind.ANSWER), ("t", LogKind.TOOL), ("b", LogKind.ANSWER))]
    await store.sessions.append(session_id, 1, told)

    assert [line.key for line in await store.sessions.lines(session_id, kind=LogKind.ANSWER)] == ["a", "b"]
    assert await store.sessions.lines(session_id, kind=LogKind.REQUEST) == ()


async def test_a_line_is_found_by_its_key_in_its_own_session_alone(store, session_id):
    other = (await store.sessions.register(a_session("other"))).id
    await store.sessions.append(session_id, 1, lines("a", "b\0"))

    assert [line.seq for line in await store.sessions.lines(session_id, key="b\0")] == [2]
    assert await store.sessions.lines(session_id, key="b\0", kind=LogKind.REFUSAL) == ()
    assert await store.sessions.lines(other, key="a") == ()


async def test_an_unknown_session_has_no_lines_to_be_found(store):
    with pytest.raises(NotFound):
        await store.sessions.lines("none", kind=LogKind.ANSWER)


async def test_a_reader_goes_on_where_it_stopped(store, session_id):
    await store.sessions.append(session_id, 1, lines("a", "b", "c", "d"))

    assert [line.key for line in await store.sessions.log(session_id, after=1, limit=2)] == ["b", "c"]
    assert await store.sessions.log(session_id, after=4) == ()


async def test_no_lines_are_no_change(store, session_id):
    await store.sessions.append(session_id, 1, [])

    assert await store.sessions.log(session_id) == ()


async def test_a_line_of_a_run_that_does_not_exist_is_refused_and_not_written(store, session_id):
    with pytest.raises(NotFound, match="has no run 2"):
        await store.sessions.append(session_id, 2, lines("a"))

    assert await store.sessions.log(session_id) == ()


async def test_text_that_a_database_refuses_does_not_lose_the_line(store, session_id):
    await store.sessions.append(session_id, 1, [a_line("a", text="half \ud800 pair and \0")])

    assert (await store.sessions.log(session_id))[0].text == "half ? pair and \ufffd"
