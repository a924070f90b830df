"""What a caller hears when the database does not do what it should, and what nobody ever hears."""

from __future__ import annotations

import asyncio
import logging
import threading
import traceback
from collections.abc import Coroutine

import pytest
from sqlalchemy import insert, text

from duo_flows.adapters.store import migrate, open_store, rules
from duo_flows.adapters.store.database import Database, engine_for
from duo_flows.adapters.store.memory import MemoryStore
from duo_flows.adapters.store.tables import runs
from duo_flows.domain.errors import DuoFlowsError, NeverAgain, TryAgain
from tests.adapters.store.making import NOON, a_delivery, a_session, an_end, lines

_PASSWORD = "open-sesame"
_NOBODY_LISTENS = f"postgresql+asyncpg://keeper:{_PASSWORD}@127.0.0.1:1/store"


async def _told(call: Coroutine[object, object, object]) -> tuple[DuoFlowsError, str]:
    """Return the error of a call, and all that a logger would print of it."""
    with pytest.raises(DuoFlowsError) as raised:
        await call
    return raised.value, "".join(traceback.format_exception(raised.value))


async def test_a_database_that_is_down_is_to_be_tried_again_and_its_address_is_not_told(open_at):
    store = await open_at(_NOBODY_LISTENS)

    error, printed = await _told(store.ping())

    assert isinstance(error, TryAgain)
    assert "down or busy" in str(error)
    assert _PASSWORD not in printed
    assert "keeper" not in printed


@pytest.mark.database
async def test_a_wrong_password_is_to_be_tried_again_since_an_operator_can_set_it_right(postgresql_server, open_at):
    store = await open_at(postgresql_server.url("template1").replace(postgresql_server.password, _PASSWORD))

    error, printed = await _told(store.ping())

    assert isinstance(error, TryAgain)
    assert "InvalidPasswordError" in str(error)
    assert _PASSWORD not in printed


@pytest.mark.database
async def test_a_server_that_cut_all_connections_is_reached_again_by_the_next_question(postgresql_url, open_at):
    await migrate(postgresql_url)
    store = await open_at(postgresql_url)
    session = await store.sessions.register(a_session())
    await _cut_all_connections(postgresql_url)

    assert await store.sessions.session(session.id) == session


@pytest.mark.database
async def test_a_connection_cut_in_the_middle_of_a_write_is_to_be_tried_again_and_nothing_is_written(postgresql_url, open_at):
    await migrate(postgresql_url)
    store = await open_at(postgresql_url)
    database = Database(postgresql_url)

    error, _ = await _told(_write_while_the_connection_is_cut(database, postgresql_url))
    await database.close()

    assert isinstance(error, TryAgain)
    with pytest.raises(NeverAgain, match="no stored content"):
        await store.contents.get("f00")


async def test_a_database_without_tables_says_what_to_run(empty_url, open_at):
    store = await open_at(empty_url)

    error, _ = await _told(store.sessions.register(a_session()))

    assert isinstance(error, TryAgain)
    assert "Run the store's migrations" in str(error)


async def test_a_sqlite_file_that_cannot_be_opened_is_to_be_tried_again(tmp_path, open_at):
    store = await open_at(f"sqlite+aiosqlite:///{tmp_path}/no-such-folder/store.db")

    error, printed = await _told(store.ping())
    await asyncio.to_thread(_let_the_driver_end)

    assert isinstance(error, TryAgain)
    assert "Check that its folder exists" in str(error)
    assert "no-such-folder" not in printed


async def test_a_sqlite_file_that_another_process_holds_is_to_be_tried_again_and_nothing_is_written(sqlite_url, open_at):
    await migrate(sqlite_url)
    store = await open_at(sqlite_url)
    session = await store.sessions.register(a_session())
    stuck = Database(sqlite_url)

    async with stuck.write():
        error, printed = await _told(store.sessions.update(an_end(session.id, summary="what the model said")))
    await stuck.close()

    assert isinstance(error, TryAgain)
    assert "Check that none is stuck" in str(error)
    assert "what the model said" not in printed
    assert await store.sessions.session(session.id) == session


async def test_a_value_that_no_database_takes_is_never_tried_again_and_not_told(url, open_at):
    store = await open_at(url)

    error, printed = await _told(store.inbox.put(a_delivery("too large", project_id=10**30, body={"said": "in confidence"})))

    assert isinstance(error, NeverAgain)
    assert error.code == "store_refused"
    assert "in confidence" not in printed
    assert await store.inbox.delivery("too large") is None


async def test_a_refused_statement_is_never_tried_again_and_its_values_are_not_told(url, open_at):
    store = await open_at(url)
    session = await store.sessions.register(a_session("in confidence"))
    database = Database(url)

    error, printed = await _told(_insert_run(database, session.id, workflow_id="in confidence"))
    await database.close()

    assert isinstance(error, NeverAgain)
    assert "in confidence" not in printed


async def test_values_are_kept_out_of_the_logs_even_when_somebody_turns_statements_on(url, open_at, caplog):
    caplog.set_level(logging.INFO, logger="sqlalchemy.engine")
    store = await open_at(url)

    session = await store.sessions.register(a_session(goal="in confidence"))
    await store.sessions.append(session.id, 1, lines("in confidence"))

    assert "INSERT INTO sessions" in caplog.text
    assert "in confidence" not in caplog.text


@pytest.mark.parametrize("address", ["mysql://me:open-sesame@there/db", "sqlite:///open-sesame.db", "open-sesame", ""])
async def test_an_address_of_no_store_of_ours_is_refused_without_repeating_it(address, clock):
    error, printed = await _told(open_store(address, clock=clock))

    assert isinstance(error, NeverAgain)
    assert error.code == "wrong_store_address"
    assert _PASSWORD not in str(error) + printed.rpartition("Error")[2]


async def test_a_store_that_is_there_answers(url, open_at, clock):
    await (await open_at(url)).ping()
    memory = MemoryStore(clock=clock)
    await memory.ping()
    await memory.close()


def _let_the_driver_end() -> None:
    """Wait for the thread of a connection that was never made: it answers to the loop, which must still be there."""
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join()


# The connections of everybody else to the same database.
_CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


async def _cut_all_connections(url: str) -> None:
    engine = engine_for(url)
    async with engine.connect() as connection:
        await connection.execute(_CUT)
    await engine.dispose()


async def _write_while_the_connection_is_cut(database: Database, url: str) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO contents VALUES ('f00', '', '', now(), now())"))
        await _cut_all_connections(url)
        await connection.execute(text("SELECT 1"))


async def _insert_run(database: Database, session_id: str, *, workflow_id: str) -> None:
    row = rules.fresh_run(session_id, n=2, workflow_id=workflow_id, at=NOON)
    async with database.write() as connection:
        await connection.execute(insert(runs).values(row))
