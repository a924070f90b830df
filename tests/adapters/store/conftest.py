"""Three stores that must be the same to whoever uses them: memory, SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from duo_flows.adapters.store import Store, migrate, open_store
from duo_flows.adapters.store.memory import MemoryStore

AnyStore = Store | MemoryStore


class Clock:
    """A clock that goes only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Stores:
    """Two stores on one database, as two processes would have them. In memory there is only one process."""

    one: AnyStore
    other: AnyStore

    def both(self, times: int) -> list[AnyStore]:
        """Return `times` stores, now this one, now the other."""
        return [(self.one, self.other)[n % 2] for n in range(times)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def postgresql_url(postgresql_server) -> Iterator[str]:
    url = postgresql_server.new_database()
    yield url
    postgresql_server.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.database)])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The address of a database without tables."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
async def url(empty_url: str) -> str:
    """The address of a database with today's tables."""
    await migrate(empty_url)
    return empty_url


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.database)])
async def stores(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryStore(clock=clock)
        yield Stores(memory, memory)
        return
    url = request.getfixturevalue(f"{request.param}_url")
    await migrate(url)
    pair = Stores(await open_store(url, clock=clock), await open_store(url, clock=clock))
    yield pair
    await pair.one.close()
    await pair.other.close()


@pytest.fixture
def store(stores: Stores) -> AnyStore:
    return stores.one


@pytest.fixture
async def open_at(clock: Clock) -> AsyncIterator[Callable]:
    """Opens stores and closes them when the test is over."""
    opened: list[Store] = []

    async def open_one(url: str) -> Store:
        opened.append(await open_store(url, clock=clock))
        return opened[-1]

    yield open_one
    for one in opened:
        await one.close()
