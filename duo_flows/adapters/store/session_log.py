"""The session log's lines: appended in order, never changed.

Whoever appends holds the session's row until the commit. So numbers have no gaps, line n is never visible before line n - 1, and a
reader that asks for what came after n misses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Result, Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from duo_flows.domain.sessions import LogEntry, LogKind, NewLogEntry

from . import rules
from .tables import runs, session_log, sessions
from .values import storable_text


async def hold_session(connection: AsyncConnection, session_id: str) -> int:
    """Keep every other writer off this session until the commit; return the number of its latest run.

    Raises:
        NotFound: no such session.
    """
    # FOR NO KEY UPDATE: rows that only point to the session may still be written.
    held = select(sessions.c.latest_run).where(sessions.c.id == session_id).with_for_update(key_share=True)
    latest = await connection.scalar(held)
    if latest is None:
        raise rules.no_such_session(session_id)
    return int(latest)


async def run_row(connection: AsyncConnection, session_id: str, n: int) -> Mapping[str, Any]:
    """Return the row of one run.

    Raises:
        NotFound: the session has no such run.
    """
    found = await connection.execute(select(runs).where(runs.c.session_id == session_id, runs.c.n == n))
    row = found.mappings().one_or_none()
    if row is None:
        raise rules.no_such_run(session_id, n)
    return dict(row)


async def add_lines(
    connection: AsyncConnection, session_id: str, *, run: int, entries: Sequence[NewLogEntry], at: datetime
) -> None:
    """Add the lines whose keys are not there yet. The caller holds the session."""
    by_key = {storable_text(entry.key): entry for entry in reversed(entries)}
    log_of_session = session_log.c.session_id == session_id
    known = set(await connection.scalars(select(session_log.c.key).where(log_of_session, session_log.c.key.in_(by_key))))
    lines = [by_key[key] for key in dict.fromkeys(storable_text(entry.key) for entry in entries) if key not in known]
    if not lines:
        return
    last = await connection.scalar(select(func.coalesce(func.max(session_log.c.seq), 0)).where(log_of_session)) or 0
    place = {"session_id": session_id, "run": run, "at": at}
    rows = [entry.model_dump(mode="json") | place | {"seq": seq} for seq, entry in enumerate(lines, last + 1)]
    await connection.execute(insert(session_log), rows)


async def read_lines(connection: AsyncConnection, session_id: str, *, after: int, limit: int) -> tuple[LogEntry, ...]:
    """Return lines with `seq` greater than `after`, in order."""
    wanted = _lines_of(session_id).where(session_log.c.seq > after).limit(limit)
    return _entries(await connection.execute(wanted))


async def find_lines(connection: AsyncConnection, session_id: str, *, kind: LogKind | None, key: str) -> tuple[LogEntry, ...]:
    """Return every line of this kind, or the one with this key, in order."""
    wanted = _lines_of(session_id)
    if kind is not None:
        wanted = wanted.where(session_log.c.kind == kind)
    if key:
        wanted = wanted.where(session_log.c.key == storable_text(key))
    return _entries(await connection.execute(wanted))


def _lines_of(session_id: str) -> Select[Any]:
    columns = [session_log.c[name] for name in LogEntry.model_fields]
    return select(*columns).where(session_log.c.session_id == session_id).order_by(session_log.c.seq)


def _entries(found: Result[Any]) -> tuple[LogEntry, ...]:
    return tuple(LogEntry.model_validate(dict(row)) for row in found.mappings())
