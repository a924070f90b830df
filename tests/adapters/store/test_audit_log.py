"""What every store promises of the audit chain, and what a check of it finds when somebody had their hands on the database."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from duo_flows.adapters.store.database import Database
from duo_flows.domain.audit import NO_HASH, ChainCheck, ChainEnd, FaultKind, hash_of, signed_head
from duo_flows.domain.errors import NeverAgain
from tests.adapters.store.approvals_making import a_report, an_event, opened
from tests.adapters.store.making import NOON

KEY = b"k" * 32
WRITERS = 32


def _checked(events, *heads) -> list[FaultKind]:
    check = ChainCheck(heads, key=KEY)
    found = [fault for event in events for fault in check.take(event)]
    return [fault.kind for fault in (*found, *check.finish())]


async def test_an_empty_chain_ends_before_its_first_event(store):
    assert await store.audit.end() == ChainEnd(seq=0, hash=NO_HASH)
    assert await store.audit.events() == ()


async def test_events_come_back_as_they_happened_each_bound_to_the_one_before(store):
    stamp = NOON + timedelta(microseconds=123456)
    first = an_event("e1", data={"n": [1, {"x": None, "é": "\0\ud800"}], "f": 1.0, "big": 2**70}, received_at=stamp)
    second = an_event("e2", at=stamp, actor="half \ud800 and \0", actor_id=None, revision=None)

    end = await store.audit.append([first, second])

    one, two = await store.audit.events()
    assert (one.seq, one.previous_hash, one.data, one.received_at) == (1, NO_HASH, first.data, stamp)
    assert (two.seq, two.previous_hash, two.actor, two.at) == (2, one.hash, "half ? and \ufffd", stamp)
    assert end == await store.audit.end() == ChainEnd(seq=2, hash=two.hash)
    assert _checked((one, two)) == []


async def test_an_event_written_twice_stands_once_as_it_was_first_written(store):
    await store.audit.append([an_event("a"), an_event("a", name="review.refused"), an_event("b\0")])
    end = await store.audit.append([an_event("a"), an_event("b\0"), an_event("c")])

    events = await store.audit.events()
    assert [(event.key, event.name) for event in events] == [(key, "review.submitted") for key in ("a", "b\ufffd", "c")]
    assert end.seq == 3
    assert await store.audit.append([]) == end


async def test_a_reader_goes_on_where_it_stopped_and_sees_one_item_alone_if_asked(store):
    await store.audit.append([an_event(key, item_id=item) for key, item in ("ax", "by", "cx", "dy")])

    assert [event.key for event in await store.audit.events(after=1, limit=2)] == ["b", "c"]
    assert [event.key for event in await store.audit.events(item_id="y")] == ["b", "d"]


async def test_an_event_of_a_report_stands_with_what_it_reports_or_not_at_all(store):
    await opened(store)

    with pytest.raises(NeverAgain):
        await store.approvals.record(a_report(version=2, revision=9, events=(an_event(),)))

    assert await store.audit.events() == ()


async def test_many_writers_at_once_make_one_sound_chain(stores):
    writing = (store.audit.append([an_event(f"{n}a"), an_event(f"{n}b")]) for n, store in enumerate(stores.both(WRITERS)))

    await asyncio.gather(*writing)

    events = await stores.one.audit.events()
    assert [event.seq for event in events] == list(range(1, 2 * WRITERS + 1))
    assert {event.key for event in events} == {f"{n}{half}" for n in range(WRITERS) for half in "ab"}
    assert _checked(events) == []


async def test_reports_of_many_items_at_once_wait_for_the_chain_and_never_for_each_other_in_a_circle(stores):
    names = [f"i{n}" for n in range(6)]
    await asyncio.gather(*(opened(stores.one, name) for name in names))
    reports = [a_report(name, n, title=f"{n}", events=(an_event(f"{name}/{n}"),)) for n in range(2, 8) for name in names]
    stray = [an_event(f"refused/{n}") for n in range(10)]

    await asyncio.gather(
        *(store.approvals.record(report) for report, store in zip(reports, stores.both(len(reports)), strict=True)),
        *(store.audit.append([event]) for event, store in zip(stray, stores.both(len(stray)), strict=True)),
    )

    events = await stores.other.audit.events()
    assert len(events) == len(reports) + len(stray)
    assert _checked(events) == []
    assert {(await stores.one.approvals.item(name)).title for name in names} == {"7"}


@pytest.fixture
async def tampering(url, open_at):
    """A chain of five events, its signed head, and a hand on the database that the triggers do not stop."""
    store = await open_at(url)
    await store.audit.append([an_event(f"e{n}") for n in range(1, 6)])
    head = signed_head(await store.audit.end(), at=NOON, key=KEY)
    database = Database(url)

    async def tamper(*statements: str) -> list[FaultKind]:
        async with database.write() as connection:
            await connection.run_sync(_drop_triggers)
            for statement in statements:
                await connection.execute(text(statement))
        return _checked(await store.audit.events(), head)

    yield tamper
    await database.close()


def _drop_triggers(connection) -> None:
    if connection.dialect.name == "sqlite":
        for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    else:
        connection.exec_driver_sql("ALTER TABLE audit_events DISABLE TRIGGER USER")


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([], []),
        (["UPDATE audit_events SET actor = 'somebody' WHERE seq = 3"], [FaultKind.CHANGED]),
        (["UPDATE audit_events SET data = '{}' WHERE seq = 3"], [FaultKind.CHANGED]),
        (["DELETE FROM audit_events WHERE seq = 3"], [FaultKind.MISSING]),
        (["DELETE FROM audit_events WHERE seq = 1"], [FaultKind.MISSING]),
        (["DELETE FROM audit_events WHERE seq > 3"], [FaultKind.CUT_OFF]),
        (["DELETE FROM audit_events"], [FaultKind.CUT_OFF]),
        (
            [
                "UPDATE audit_events SET seq = 9 WHERE seq = 3",
                "UPDATE audit_events SET seq = 3 WHERE seq = 4",
                "UPDATE audit_events SET seq = 4 WHERE seq = 9",
            ],
            [FaultKind.UNLINKED, FaultKind.CHANGED] * 2 + [FaultKind.UNLINKED],
        ),
    ],
)
async def test_a_check_finds_what_was_done_to_the_rows(tampering, statements, found):
    assert await tampering(*statements) == found


async def test_a_row_that_is_no_event_any_more_is_named(url, open_at):
    store = await open_at(url)
    await store.audit.append([an_event(f"e{n}") for n in range(1, 4)])
    database = Database(url)
    async with database.write() as connection:
        await connection.run_sync(_drop_triggers)
        await connection.execute(text("UPDATE audit_events SET data = '[1]' WHERE seq = 2"))
    await database.close()

    with pytest.raises(NeverAgain, match="Event 2 cannot be read") as fault:
        await store.audit.events()

    assert fault.value.code == "audit_unreadable"
    assert [event.seq for event in await store.audit.events(limit=1)] == [1]
    assert hash_of((await store.audit.events(after=2))[0]) == (await store.audit.end()).hash
