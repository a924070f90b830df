"""One database, SQLite or PostgreSQL: its connections, its transactions, and what the two do differently.

Nothing here knows a table. Whoever writes holds the write transaction from its first statement on, so that what is read in it
stays true until the commit.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from duo_flows.domain.errors import NeverAgain

from .faults import translated

# How long SQLite waits for another process's write. Ours take milliseconds; a longer wait means that something is stuck.
_SQLITE_BUSY_MS = 5000
_SQLITE_PRAGMAS = (f"busy_timeout={_SQLITE_BUSY_MS}", "journal_mode=wal", "foreign_keys=on")
# A server that does not answer a connect within this is down as far as a waiting caller is concerned; no statement of ours
# takes seconds, so one that takes half a minute waits for a lock that somebody forgot.
_POSTGRESQL_TIMEOUTS = {"timeout": 5, "command_timeout": 30}


class Database:
    """An engine with its pool, and the two kinds of transactions."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url)
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        self._writing = self._engine.execution_options(is_write=True)
        # SQLite has one writer at a time, and those who wait for it poll: in one process a fair queue is faster and starves nobody.
        self._turn: AbstractAsyncContextManager[Any] = asyncio.Lock() if self._is_sqlite else nullcontext()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection to read with."""
        async with translated(), self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction that is committed at the end of the block, or undone if the block raises."""
        async with translated(), self._turn, self._writing.begin() as connection:
            yield connection

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that knows ON CONFLICT."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    async def one_by_one(self, connection: AsyncConnection, name: str) -> None:
        """Let only one transaction at a time go past here under this name, until its commit."""
        if not self._is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(name)})

    async def ping(self) -> None:
        """Ask the database something that needs no table.

        Raises:
            TryAgain: it does not answer.
        """
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def engine_for(url: str) -> AsyncEngine:
    """Return the engine of a store's address; nothing is connected yet.

    Raises:
        NeverAgain: the address is none of ours. It is not repeated, since it may hold a password.
    """
    address = _address(url)
    if address.drivername == "sqlite+aiosqlite":
        engine = create_async_engine(address, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    if address.drivername == "postgresql+asyncpg":
        return create_async_engine(
            address, hide_parameters=True, pool_pre_ping=True, pool_size=10, connect_args=dict(_POSTGRESQL_TIMEOUTS)
        )
    raise NeverAgain("A store's address starts with sqlite+aiosqlite:/// or postgresql+asyncpg://.", code="wrong_store_address")


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise NeverAgain("The store's address cannot be read as an address.", code="wrong_store_address") from None


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN comes too late, at the first write: what was read before it may be stale by then.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("is_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:8], signed=True)
