"""How a database gets its tables, and what guards them afterwards."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from duo_flows.adapters.store import migrate
from duo_flows.adapters.store.database import Database, engine_for
from duo_flows.adapters.store.tables import metadata
from tests.adapters.store.making import a_session, lines

_MIGRATE = "import asyncio, sys; from duo_flows.adapters.store import migrate; asyncio.run(migrate(sys.stdin.read()))"


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = engine_for(url)
    yield engine
    await engine.dispose()


def _differences(connection: Connection) -> list:
    return compare_metadata(MigrationContext.configure(connection, opts={"include_name": _is_described}), metadata)


def _is_described(name: str | None, kind: str, _parents: dict) -> bool:
    # Each database has its own kind of full-text index, with tables of its own; the search tests hold them to one behaviour.
    return kind != "table" or not str(name).startswith("decision_words")


async def _migrate_in_a_process_of_its_own(url: str) -> int:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _MIGRATE, stdin=asyncio.subprocess.PIPE)
    await process.communicate(url.encode())
    return process.returncode or 0


async def test_an_empty_database_gets_the_tables_that_the_code_expects(engine):
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_migrating_again_changes_nothing_and_loses_nothing(url, open_at):
    store = await open_at(url)
    session = await store.sessions.register(a_session())

    await migrate(url)

    assert await store.sessions.session(session.id) == session


async def test_processes_that_migrate_at_once_all_find_it_done(empty_url, open_at):
    exits = await asyncio.gather(*(_migrate_in_a_process_of_its_own(empty_url) for _ in range(3)))

    assert exits == [0, 0, 0]
    store = await open_at(empty_url)
    assert await store.sessions.register(a_session())


async def test_who_migrates_while_another_does_waits_for_it(empty_url):
    another = Database(empty_url)

    async with another.write() as connection:
        await another.one_by_one(connection, "migrate")
        migrating = asyncio.create_task(migrate(empty_url))
        done_before_the_other, _ = await asyncio.wait([migrating], timeout=0.5)
    await another.close()

    assert not done_before_the_other
    await migrating


@pytest.mark.parametrize("statement", ["UPDATE session_log SET text = 'never said'", "DELETE FROM session_log"])
async def test_the_database_itself_refuses_to_change_the_log(url, engine, open_at, statement):
    store = await open_at(url)
    session = await store.sessions.register(a_session())
    await store.sessions.append(session.id, 1, lines("a", "b"))
    log = await store.sessions.log(session.id)

    with pytest.raises(DBAPIError, match="session_log is append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))

    assert await store.sessions.log(session.id) == log


@pytest.mark.database
async def test_postgresql_refuses_to_empty_the_log_at_one_stroke(postgresql_url, open_at):
    await migrate(postgresql_url)
    engine = engine_for(postgresql_url)
    store = await open_at(postgresql_url)
    session = await store.sessions.register(a_session())
    await store.sessions.append(session.id, 1, lines("a"))

    with pytest.raises(DBAPIError, match="session_log is append-only"):
        async with engine.begin() as connection:
            await connection.execute(text("TRUNCATE session_log"))

    await engine.dispose()
    assert len(await store.sessions.log(session.id)) == 1


def test_every_table_is_explained_to_the_operator():
    explained = (Path(__file__).parents[3] / "docs" / "store.md").read_text()

    assert [name for name in metadata.tables if f"| `{name}` |" not in explained] == []


async def test_sqlite_keeps_a_write_ahead_log_and_holds_foreign_keys(sqlite_url):
    await migrate(sqlite_url)
    engine = engine_for(sqlite_url)

    async with engine.connect() as connection:
        pragmas = [await connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys", "busy_timeout")]
    await engine.dispose()

    assert pragmas == ["wal", 1, 5000]
