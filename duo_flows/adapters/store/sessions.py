"""Sessions and their runs, in SQL. What a status or an ending means is the domain's; here it is kept and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from duo_flows.domain.ports import Run, SessionStore, TurnKey
from duo_flows.domain.sessions import (
    LogEntry,
    LogKind,
    NewLogEntry,
    NewSession,
    Session,
    SessionFilter,
    SessionUpdate,
    Usage,
    workflow_id_of,
)

from . import model_turns, rules
from .database import Database
from .ids import new_id
from .session_log import add_lines, find_lines, hold_session, read_lines, run_row
from .tables import runs, sessions

# What a session shows of its latest run, beside that run's number.
_SHOWN = ("workflow_id", "status", "step", "waiting", "ending", "summary", "updated_at", "ended_at")


class SqlSessions(SessionStore):
    """Sessions, their runs, their log and their model turns."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @override
    async def register(self, new: NewSession) -> Session:
        async with self._database.write() as connection:
            await self._hold_workflow(connection, new.workflow_id)
            session_id = await _session_id_of(connection, new.workflow_id, new.execution_id)
            if session_id is None:
                session_id = await self._make(connection, new)
            else:
                await _learn(connection, session_id, new)
            return await _shown(connection, session_id)

    async def _hold_workflow(self, connection: AsyncConnection, workflow_id: str) -> None:
        # Taken before any row is held, always, so that nobody who holds a row waits for somebody who wants it.
        await self._database.one_by_one(connection, f"workflow/{workflow_id}")

    async def _make(self, connection: AsyncConnection, new: NewSession) -> str:
        at = self._clock()
        session_id = new.session_id or new_id(at)
        facts = new.model_dump(exclude={"session_id", "workflow_id", "execution_id"})
        row = facts | {"id": session_id, "latest_run": 1, "created_at": at}
        made = self._database.insert(sessions).values(row).on_conflict_do_nothing(index_elements=["id"])
        if await connection.scalar(made.returning(sessions.c.id)) is None:
            raise rules.session_taken(session_id)
        run = rules.fresh_run(session_id, n=1, workflow_id=new.workflow_id, execution_id=new.execution_id, at=at)
        await connection.execute(insert(runs).values(run))
        return session_id

    @override
    async def session(self, session_id: str) -> Session:
        async with self._database.read() as connection:
            return await _shown(connection, session_id)

    @override
    async def session_of_workflow(self, workflow_id: str, *, execution_id: str = "") -> Session | None:
        async with self._database.read() as connection:
            session_id = await _session_id_of(connection, workflow_id, execution_id)
            return await _shown(connection, session_id) if session_id else None

    @override
    async def sessions(self, which: SessionFilter) -> tuple[Session, ...]:
        async with self._database.read() as connection:
            wanted = _with_latest_run().where(*_conditions(which)).limit(which.limit)
            if which.before_id:
                wanted = wanted.where(await _is_older_than(connection, which.before_id))
            newest_first = wanted.order_by(sessions.c.created_at.desc(), sessions.c.id.desc())
            rows = (await connection.execute(newest_first)).mappings().all()
            usages = await model_turns.usage_of(connection, [row["id"] for row in rows])
            return tuple(_session(row, usage=usages.get(row["id"], Usage())) for row in rows)

    @override
    async def update(self, update: SessionUpdate) -> None:
        async with self._database.write() as connection:
            await _apply(connection, update, at=self._clock())

    @override
    async def append(self, session_id: str, run: int, entries: Sequence[NewLogEntry]) -> None:
        async with self._database.write() as connection:
            await hold_session(connection, session_id)
            await run_row(connection, session_id, run)
            await add_lines(connection, session_id, run=run, entries=entries, at=self._clock())

    @override
    async def log(self, session_id: str, *, after: int = 0, limit: int = 500) -> tuple[LogEntry, ...]:
        async with self._database.read() as connection:
            await _must_exist(connection, session_id)
            return await read_lines(connection, session_id, after=after, limit=limit)

    @override
    async def lines(self, session_id: str, *, kind: LogKind | None = None, key: str = "") -> tuple[LogEntry, ...]:
        async with self._database.read() as connection:
            await _must_exist(connection, session_id)
            return await find_lines(connection, session_id, kind=kind, key=key)

    @override
    async def start_next_run(self, session_id: str, *, after: int) -> Run:
        async with self._database.write() as connection:
            await self._hold_workflow(connection, workflow_id_of(session_id, after + 1))
            latest = await hold_session(connection, session_id)
            run = await run_row(connection, session_id, after)
            if latest > after:
                run = await run_row(connection, session_id, after + 1)
                return Run(session_id=session_id, n=after + 1, workflow_id=run["workflow_id"])
            if not rules.is_over(run["status"], run["ending"]):
                raise rules.not_over(session_id, after)
            return await self._begin_run(connection, session_id, after + 1)

    async def _begin_run(self, connection: AsyncConnection, session_id: str, n: int) -> Run:
        workflow_id = workflow_id_of(session_id, n)
        if await _session_id_of(connection, workflow_id, "") is not None:
            raise rules.workflow_taken(workflow_id)
        row = rules.fresh_run(session_id, n=n, workflow_id=workflow_id, at=self._clock())
        await connection.execute(insert(runs).values(row))
        await connection.execute(update(sessions).where(sessions.c.id == session_id).values(latest_run=n))
        return Run(session_id=session_id, n=n, workflow_id=workflow_id)

    @override
    async def recorded_turn(self, key: TurnKey) -> tuple[str, Usage] | None:
        async with self._database.read() as connection:
            return await model_turns.recorded_turn(connection, key)

    @override
    async def note_turn(
        self, key: TurnKey, *, attempt: int, usage: Usage, reply_ref: str = "", report: SessionUpdate | None = None
    ) -> None:
        async with self._database.write() as connection:
            await hold_session(connection, key.session_id)
            await run_row(connection, key.session_id, key.run)
            noted = model_turns.Attempt(attempt, usage, reply_ref)
            at = self._clock()
            await model_turns.note_turn(connection, key, noted, at=at)
            if report is not None:
                await _apply(connection, report, at=at)

    @override
    async def usage(self, session_id: str, *, component: str = "") -> Usage:
        async with self._database.read() as connection:
            await _must_exist(connection, session_id)
            return (await model_turns.usage_of(connection, [session_id], component=component)).get(session_id, Usage())


async def _apply(connection: AsyncConnection, update: SessionUpdate, *, at: datetime) -> None:
    latest = await hold_session(connection, update.session_id)
    run = await run_row(connection, update.session_id, update.run)
    if update.run == latest and not rules.is_over(run["status"], run["ending"]):
        await _report(connection, update, at=at)
    await add_lines(connection, update.session_id, run=update.run, entries=update.entries, at=at)


async def _report(connection: AsyncConnection, report: SessionUpdate, *, at: datetime) -> None:
    is_run = and_(runs.c.session_id == report.session_id, runs.c.n == report.run)
    await connection.execute(update(runs).where(is_run).values(rules.reported(report, at=at)))


async def _session_id_of(connection: AsyncConnection, workflow_id: str, execution_id: str) -> str | None:
    found = select(runs.c.session_id).where(runs.c.workflow_id == workflow_id)
    if execution_id:
        found = found.where(runs.c.execution_id.in_([execution_id, ""]))
    return await connection.scalar(found.order_by(runs.c.created_at.desc(), runs.c.session_id.desc()).limit(1))


async def _learn(connection: AsyncConnection, session_id: str, new: NewSession) -> None:
    await hold_session(connection, session_id)
    is_unaware = and_(runs.c.session_id == session_id, runs.c.workflow_id == new.workflow_id, runs.c.execution_id == "")
    await connection.execute(update(runs).where(is_unaware).values(execution_id=new.execution_id))
    is_session = sessions.c.id == session_id
    known = (await connection.execute(select(sessions).where(is_session))).mappings().one()
    if facts := rules.learned(known, new):
        await connection.execute(update(sessions).where(is_session).values(facts))


async def _must_exist(connection: AsyncConnection, session_id: str) -> None:
    if await connection.scalar(select(sessions.c.id).where(sessions.c.id == session_id)) is None:
        raise rules.no_such_session(session_id)


def _with_latest_run() -> Select[Any]:
    is_latest = and_(runs.c.session_id == sessions.c.id, runs.c.n == sessions.c.latest_run)
    return select(sessions, *(runs.c[name] for name in _SHOWN)).join_from(sessions, runs, is_latest)


async def _shown(connection: AsyncConnection, session_id: str) -> Session:
    row = (await connection.execute(_with_latest_run().where(sessions.c.id == session_id))).mappings().one_or_none()
    if row is None:
        raise rules.no_such_session(session_id)
    usages = await model_turns.usage_of(connection, [session_id])
    return _session(row, usage=usages.get(session_id, Usage()))


def _session(row: Mapping[Any, Any], *, usage: Usage) -> Session:
    facts = dict(row)
    return Session.model_validate(facts | {"run": facts.pop("latest_run"), "usage": usage})


async def _is_older_than(connection: AsyncConnection, session_id: str) -> ColumnElement[bool]:
    made_at = await connection.scalar(select(sessions.c.created_at).where(sessions.c.id == session_id))
    if made_at is None:
        raise rules.no_such_session(session_id)
    return tuple_(sessions.c.created_at, sessions.c.id) < tuple_(made_at, session_id)


def _conditions(which: SessionFilter) -> Iterable[ColumnElement[bool]]:
    # An empty list of projects is an answer about rights: it shows nothing. No list at all does not ask.
    if which.project_ids is not None:
        yield sessions.c.project_id.in_(which.project_ids)
    if which.statuses:
        yield runs.c.status.in_(which.statuses)
    if which.flow:
        yield sessions.c.flow == which.flow
    for name in ("requester_id", "pipeline_id", "merge_request_iid"):
        value = getattr(which, name)
        if value is not None:
            yield sessions.c[name] == value
