"""What the database itself refuses to do to the records of Group Approval."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from duo_flows.adapters.store import migrate
from duo_flows.adapters.store.database import engine_for
from tests.adapters.store.approvals_making import ISSUE, PLAN_REF, a_report, a_review, a_tick, an_event, decided
from tests.adapters.store.making import a_session, lines

APPEND_ONLY = {
    "approval_revisions": "digest",
    "approval_reviews": "verdict",
    "approval_ticks": "person",
    "approval_decisions": "state",
    "approval_decision_people": "item_id",
    "approval_decision_links": "item_id",
    "audit_events": "actor",
}


async def _filled(store) -> None:
    await decided(store, linked=(ISSUE,))
    await store.approvals.record(a_report(version=3, reviews=(a_review(),), ticks=(a_tick(),), events=(an_event(),)))
    session = await store.sessions.register(a_session())
    await store.sessions.append(session.id, 1, lines("a"))


async def _refused(url: str, statement: str, *, because: str) -> None:
    engine = engine_for(url)
    try:
        with pytest.raises(DBAPIError, match=because):
            async with engine.begin() as connection:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()


async def _rows(url: str, table: str) -> list:
    engine = engine_for(url)
    async with engine.connect() as connection:
        rows = [tuple(row) for row in await connection.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608
    await engine.dispose()
    return rows


@pytest.mark.parametrize(("table", "column"), APPEND_ONLY.items())
@pytest.mark.parametrize("statement", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}"])
async def test_what_was_recorded_cannot_be_changed_or_removed(url, open_at, table, column, statement):
    await _filled(await open_at(url))
    before = await _rows(url, table)

    await _refused(url, statement.format(table=table, column=column), because=f"{table} is append-only")

    assert before
    assert await _rows(url, table) == before


@pytest.mark.parametrize("table", [*APPEND_ONLY, "session_log"])
async def test_sqlite_refuses_to_replace_a_row_under_its_own_key(sqlite_url, open_at, table):
    await migrate(sqlite_url)
    await _filled(await open_at(sqlite_url))
    before = await _rows(sqlite_url, table)

    await _refused(sqlite_url, f"REPLACE INTO {table} SELECT * FROM {table}", because=f"{table} is append-only")  # noqa: S608

    assert before
    assert await _rows(sqlite_url, table) == before


@pytest.mark.database
@pytest.mark.parametrize("table", [*APPEND_ONLY, "approval_items"])
async def test_postgresql_refuses_to_empty_what_was_recorded_at_one_stroke(postgresql_url, open_at, table):
    await migrate(postgresql_url)
    await _filled(await open_at(postgresql_url))
    before = await _rows(postgresql_url, table)

    await _refused(postgresql_url, f"TRUNCATE {table} CASCADE", because="is append-only|are kept for good")

    assert await _rows(postgresql_url, table) == before


async def test_an_item_is_never_removed_so_that_its_number_is_never_given_again(url, open_at):
    store = await open_at(url)
    await _filled(store)

    await _refused(url, "DELETE FROM approval_items", because="approval_items are kept for good")

    assert (await store.approvals.item("item1")).number == 1


async def test_a_content_that_a_revision_refers_to_cannot_be_removed(url, open_at):
    store = await open_at(url)
    await _filled(store)

    await _refused(url, f"DELETE FROM contents WHERE digest = '{PLAN_REF}'", because="(?i)foreign key")  # noqa: S608

    assert await store.contents.get(PLAN_REF)
