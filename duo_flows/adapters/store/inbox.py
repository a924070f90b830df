"""The durable inbox, in SQL: kept once by its key, and held by one dispatcher at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from duo_flows.domain.inbox import Delivery, DeliveryState, NewDelivery
from duo_flows.domain.ports import Inbox

from . import rules
from .database import Database
from .tables import inbox

_COLUMNS = tuple(inbox.c[name] for name in Delivery.model_fields)
_OLDEST_FIRST = (inbox.c.received_at, inbox.c.id)
_IS_WAITING = inbox.c.state == DeliveryState.WAITING.value


class SqlInbox(Inbox):
    """The durable inbox. A delivery that is closed stays closed, whoever reports on it later."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def put(self, new: NewDelivery) -> tuple[Delivery, bool]:
        row = Delivery(id=0, **new.model_dump()).model_dump(exclude={"id", "body"}) | {"body": new.model_dump(mode="json")["body"]}
        async with self._database.write() as connection:
            added = self._database.insert(inbox).values(row).on_conflict_do_nothing(index_elements=["key"])
            is_new = await connection.scalar(added.returning(inbox.c.id)) is not None
            found = await connection.execute(select(*_COLUMNS).where(inbox.c.key == new.key))
            return _delivery(found.mappings().one()), is_new

    @override
    async def claim(self, *, limit: int, lease: timedelta, now: datetime) -> tuple[Delivery, ...]:
        async with self._database.write() as connection:
            free = select(inbox.c.id).where(_IS_WAITING, _has_come(inbox.c.next_at, now), _has_come(inbox.c.lease_until, now))
            # The rows another dispatcher is just taking are passed over, not waited for.
            taken = free.order_by(*_OLDEST_FIRST).limit(limit).with_for_update(skip_locked=True)
            ids = (await connection.scalars(taken)).all()
            held = {"lease_until": now + lease, "attempts": inbox.c.attempts + 1}
            await connection.execute(update(inbox).where(inbox.c.id.in_(ids)).values(held))
            return await _read(connection, inbox.c.id.in_(ids))

    @override
    async def done(self, delivery_id: int, *, outcome: str, attempt: int | None = None) -> None:
        await self._change(delivery_id, {"state": DeliveryState.DONE.value, "outcome": outcome}, attempt=attempt)

    @override
    async def retry(self, delivery_id: int, *, outcome: str, at: datetime, attempt: int | None = None) -> None:
        await self._change(delivery_id, {"outcome": outcome, "next_at": at}, attempt=attempt)

    @override
    async def give_up(self, delivery_id: int, *, outcome: str, attempt: int | None = None) -> None:
        await self._change(delivery_id, {"state": DeliveryState.GIVEN_UP.value, "outcome": outcome}, attempt=attempt)

    async def _change(self, delivery_id: int, values: Mapping[str, Any], *, attempt: int | None) -> None:
        is_delivery = inbox.c.id == delivery_id
        async with self._database.write() as connection:
            if await connection.scalar(select(inbox.c.id).where(is_delivery)) is None:
                raise rules.no_such_delivery(delivery_id)
            is_held = true() if attempt is None else inbox.c.attempts == attempt
            changed = update(inbox).where(is_delivery, _IS_WAITING, is_held).values(dict(values) | {"lease_until": None})
            await connection.execute(changed)

    @override
    async def waiting_for_session(self, session_id: str, *, received_by: datetime) -> tuple[Delivery, ...]:
        if not session_id:  # deliveries that named no session are nobody's
            return ()
        async with self._database.read() as connection:
            return await _read(connection, inbox.c.session_id == session_id, _IS_WAITING, inbox.c.received_at <= received_by)

    @override
    async def delivery(self, key: str) -> Delivery | None:
        async with self._database.read() as connection:
            found = await _read(connection, inbox.c.key == key)
            return found[0] if found else None


def _has_come(column: ColumnElement[Any], now: datetime) -> ColumnElement[bool]:
    return or_(column.is_(None), column <= now)


async def _read(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> tuple[Delivery, ...]:
    found = await connection.execute(select(*_COLUMNS).where(*conditions).order_by(*_OLDEST_FIRST))
    return tuple(_delivery(row) for row in found.mappings())


def _delivery(row: Mapping[Any, Any]) -> Delivery:
    return Delivery.model_validate(dict(row))
