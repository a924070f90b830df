"""The audit chain, in SQL: appended one event after the other, for all items of an installation together.

Whoever appends holds the chain until the commit (an advisory lock in PostgreSQL, the one write transaction in SQLite). It is the
last lock that any transaction takes, so none waits for another in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from duo_flows.domain.approval_store import AuditLog
from duo_flows.domain.audit import ChainedEvent, ChainEnd, NewAuditEvent, UnreadableEvent, linked

from .approval_tables import audit_events
from .database import Database
from .values import storable_text

_COLUMNS = tuple(audit_events.c[name] for name in ChainedEvent.model_fields)
_TEXTS = ("key", "event_id", "actor", "door", "item_id")


class SqlAuditLog(AuditLog):
    """The audit chain."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def append(self, events: Sequence[NewAuditEvent]) -> ChainEnd:
        async with self._database.write() as connection:
            return await append_events(self._database, connection, events)

    @override
    async def events(self, *, after: int = 0, limit: int = 500, item_id: str = "") -> tuple[ChainedEvent, ...]:
        async with self._database.read() as connection:
            wanted = _after(after, item_id=item_id).limit(limit)
            try:
                return await _read(connection, wanted)
            except (ValidationError, ValueError, TypeError):
                raise UnreadableEvent(await _first_unreadable(connection, wanted)) from None

    @override
    async def end(self) -> ChainEnd:
        async with self._database.read() as connection:
            return await _end(connection)


async def append_events(database: Database, connection: AsyncConnection, events: Sequence[NewAuditEvent]) -> ChainEnd:
    """Append the events whose keys are not there yet. Nothing else may be locked by the caller's transaction after this."""
    await database.one_by_one(connection, "audit")
    by_key = first_by_key(events)
    known = set(await connection.scalars(select(audit_events.c.key).where(audit_events.c.key.in_(by_key))))
    fresh = [event for key, event in by_key.items() if key not in known]
    end = await _end(connection)
    if not fresh:
        return end
    chained = chain(fresh, after=end)
    await connection.execute(insert(audit_events), [event.model_dump() for event in chained])
    return ChainEnd(seq=chained[-1].seq, hash=chained[-1].hash)


def chain(events: Sequence[NewAuditEvent], *, after: ChainEnd) -> list[ChainedEvent]:
    """Return the events as they stand in the chain, each linked to the one before."""
    first, *others = events
    ends = accumulate(others, lambda last, event: linked(event, after=_end_of(last)), initial=linked(first, after=after))
    return list(ends)


def first_by_key(events: Sequence[NewAuditEvent]) -> dict[str, NewAuditEvent]:
    """Return the events by their keys, in their order; of one key twice the first."""
    by_key: dict[str, NewAuditEvent] = {}
    for event in map(_storable, events):
        by_key.setdefault(event.key, event)
    return by_key


def _storable(event: NewAuditEvent) -> NewAuditEvent:
    # As it will be read again, since that is what is hashed.
    return event.model_copy(update={name: storable_text(getattr(event, name)) for name in _TEXTS})


def _end_of(event: ChainedEvent) -> ChainEnd:
    return ChainEnd(seq=event.seq, hash=event.hash)


async def _end(connection: AsyncConnection) -> ChainEnd:
    last = select(audit_events.c.seq, audit_events.c.hash).order_by(audit_events.c.seq.desc()).limit(1)
    row = (await connection.execute(last)).mappings().one_or_none()
    return ChainEnd.model_validate(dict(row)) if row else ChainEnd()


def _after(seq: int, *, item_id: str) -> Select[Any]:
    wanted = select(*_COLUMNS).where(audit_events.c.seq > seq).order_by(audit_events.c.seq)
    return wanted.where(audit_events.c.item_id == item_id) if item_id else wanted


async def _read(connection: AsyncConnection, wanted: Select[Any]) -> tuple[ChainedEvent, ...]:
    return tuple(ChainedEvent.model_validate(dict(row)) for row in (await connection.execute(wanted)).mappings())


async def _first_unreadable(connection: AsyncConnection, wanted: Select[Any]) -> int:
    numbers = (await connection.scalars(wanted.with_only_columns(audit_events.c.seq))).all()
    for number in numbers:
        try:
            await _read(connection, select(*_COLUMNS).where(audit_events.c.seq == number))
        except (ValidationError, ValueError, TypeError):
            return int(number)
    return int(numbers[0]) if numbers else 0
