"""Notices, in SQL: each is made once by its key, and goes out once. The caller holds the item."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from duo_flows.domain.approval_records import NewNotice, Notice

from . import approval_rules as rules
from .approval_tables import approval_notices

_NOTICES = approval_notices.c
_COLUMNS = tuple(_NOTICES[name] for name in Notice.model_fields)


async def note(connection: AsyncConnection, item_id: str, new: NewNotice, *, at: datetime) -> tuple[Notice, bool]:
    """Return the notice of this key, and whether it is a new one."""
    known = await _find(connection, item_id, new.key)
    if known is not None:
        return known, False
    last = await connection.scalar(select(func.max(_NOTICES.n)).where(_NOTICES.item_id == item_id)) or 0
    row = new.model_dump() | {"item_id": item_id, "n": last + 1, "made_at": at, "sent_at": None}
    await connection.execute(insert(approval_notices).values(row))
    return await _noted(connection, item_id, new.key), True


async def sent(connection: AsyncConnection, item_id: str, key: str, *, at: datetime) -> None:
    """Note that a notice is out, unless that is known.

    Raises:
        NotFound: there is no such notice.
    """
    await _noted(connection, item_id, key)
    is_waiting = and_(_NOTICES.item_id == item_id, _NOTICES.key == key, _NOTICES.sent_at.is_(null()))
    await connection.execute(update(approval_notices).where(is_waiting).values(sent_at=at))


async def read(connection: AsyncConnection, item_id: str) -> tuple[Notice, ...]:
    """Return an item's notices in the order in which they were made."""
    found = await connection.execute(select(*_COLUMNS).where(_NOTICES.item_id == item_id).order_by(_NOTICES.n))
    return tuple(Notice.model_validate(dict(row)) for row in found.mappings())


async def _noted(connection: AsyncConnection, item_id: str, key: str) -> Notice:
    notice = await _find(connection, item_id, key)
    if notice is None:
        raise rules.no_such_notice(item_id, key)
    return notice


async def _find(connection: AsyncConnection, item_id: str, key: str) -> Notice | None:
    found = await connection.execute(select(*_COLUMNS).where(_NOTICES.item_id == item_id, _NOTICES.key == key))
    row = found.mappings().one_or_none()
    return Notice.model_validate(dict(row)) if row else None
