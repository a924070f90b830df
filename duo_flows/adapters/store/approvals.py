"""Group Approval items, in SQL. What belongs to an item is written while its row is held, and the audit chain last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, null, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from duo_flows.domain.approval_records import (
    Decision,
    Item,
    ItemFilter,
    ItemReport,
    KeptComment,
    NewItem,
    NewNotice,
    Notice,
    Review,
    Reviewer,
    Revision,
    Tick,
    WaitingFilter,
)
from duo_flows.domain.approval_store import ApprovalStore
from duo_flows.domain.decision_search import DecisionPage, DecisionSearch

from . import approval_notices, approval_parts
from . import approval_rules as rules
from .approval_tables import approval_items, approval_reviewers, approval_reviews, approval_ticks
from .audit_log import append_events
from .database import Database
from .decisions import add_decision, find_decision, find_decisions, readable

_ITEMS = approval_items.c
_FOLLOWING = approval_items.alias("following")


class SqlApprovals(ApprovalStore):
    """Group Approval items with all that belongs to them."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @override
    async def open_item(self, new: NewItem) -> Item:
        async with self._database.write() as connection:
            # Held until the commit: nobody sees a number that is taken back, and the next one follows it.
            await self._database.one_by_one(connection, f"approval numbers of {new.project_id}")
            row = await _row(connection, new.id)
            if row is None:
                await self._insert(connection, new)
            elif row["project_id"] != new.project_id:
                raise rules.item_taken(new.id)
            return await _item(connection, new.id)

    async def _insert(self, connection: AsyncConnection, new: NewItem) -> None:
        if new.previous_id:
            await _must_exist(connection, new.previous_id)
        last = await connection.scalar(select(func.max(_ITEMS.number)).where(_ITEMS.project_id == new.project_id)) or 0
        await connection.execute(insert(approval_items).values(rules.fresh_item(new, number=last + 1, at=self._clock())))

    @override
    async def record(self, report: ItemReport) -> Item:
        async with self._database.write() as connection:
            item = await _hold(connection, report.item_id)
            await _add_parts(connection, report)
            await self._apply(connection, item, report)
            await approval_parts.note_who_is_waited_for(connection, report.item_id)
            if report.decision:
                await _decide(connection, report)
            if report.events:
                await append_events(self._database, connection, report.events)
            return await _item(connection, report.item_id)

    async def _apply(self, connection: AsyncConnection, item: Mapping[Any, Any], report: ItemReport) -> None:
        if report.reviewers is not None and rules.is_current(item, report):
            await approval_parts.set_reviewers(connection, report.item_id, report.reviewers)
        if values := rules.applied(item, report, at=self._clock()):
            await connection.execute(update(approval_items).where(_ITEMS.id == report.item_id).values(values))

    @override
    async def item(self, item_id: str) -> Item:
        async with self._database.read() as connection:
            return await _item(connection, item_id)

    @override
    async def item_of_number(self, project_id: int, number: int) -> Item:
        async with self._database.read() as connection:
            found = await _items(connection, _shown().where(_ITEMS.project_id == project_id, _ITEMS.number == number))
            if not found:
                raise rules.no_such_number(project_id, number)
            return found[0]

    @override
    async def item_of_issue(self, project_id: int, issue_iid: int) -> Item | None:
        async with self._database.read() as connection:
            found = await _items(connection, _shown().where(_ITEMS.project_id == project_id, _ITEMS.issue_iid == issue_iid))
            return found[0] if found else None

    @override
    async def items(self, which: ItemFilter) -> tuple[Item, ...]:
        async with self._database.read() as connection:
            wanted = _shown().where(*_conditions(which))
            if which.before_id:
                opened_at = await _opened_at(connection, which.before_id)
                wanted = wanted.where(tuple_(_ITEMS.opened_at, _ITEMS.id) < tuple_(opened_at, which.before_id))
            return await _items(connection, wanted.order_by(_ITEMS.opened_at.desc(), _ITEMS.id.desc()).limit(which.limit))

    @override
    async def waiting_for(self, which: WaitingFilter) -> tuple[Item, ...]:
        waiting = approval_reviewers.c
        wanted = _shown().join(approval_reviewers, waiting.item_id == _ITEMS.id).where(waiting.person_id == which.person_id)
        wanted = wanted.where(waiting.waiting_since.is_not(null()))
        if which.project_ids is not None:
            wanted = wanted.where(_ITEMS.project_id.in_(which.project_ids))
        async with self._database.read() as connection:
            if which.after_id:
                opened_at = await _opened_at(connection, which.after_id)
                wanted = wanted.where(tuple_(waiting.waiting_since, waiting.item_id) > tuple_(opened_at, which.after_id))
            return await _items(connection, wanted.order_by(waiting.waiting_since, waiting.item_id).limit(which.limit))

    @override
    async def reviewers(self, item_id: str) -> tuple[Reviewer, ...]:
        async with self._database.read() as connection:
            await _must_exist(connection, item_id)
            return await approval_parts.read_reviewers(connection, item_id)

    @override
    async def revisions(self, item_id: str) -> tuple[Revision, ...]:
        async with self._database.read() as connection:
            await _must_exist(connection, item_id)
            return await approval_parts.read_revisions(connection, item_id)

    @override
    async def reviews(self, item_id: str) -> tuple[Review, ...]:
        async with self._database.read() as connection:
            await _must_exist(connection, item_id)
            return await approval_parts.read_reviews(connection, item_id)

    @override
    async def comments(self, item_id: str) -> tuple[KeptComment, ...]:
        async with self._database.read() as connection:
            await _must_exist(connection, item_id)
            return await approval_parts.read_comments(connection, item_id)

    @override
    async def ticks(self, item_id: str) -> tuple[Tick, ...]:
        async with self._database.read() as connection:
            await _must_exist(connection, item_id)
            return await approval_parts.read_ticks(connection, item_id)

    @override
    async def note_notice(self, item_id: str, notice: NewNotice) -> tuple[Notice, bool]:
        async with self._database.write() as connection:
            await _hold(connection, item_id)
            return await approval_notices.note(connection, item_id, notice, at=self._clock())

    @override
    async def notice_sent(self, item_id: str, key: str, *, at: datetime) -> None:
        async with self._database.write() as connection:
            await _hold(connection, item_id)
            await approval_notices.sent(connection, item_id, key, at=at)

    @override
    async def notices(self, item_id: str) -> tuple[Notice, ...]:
        async with self._database.read() as connection:
            await _must_exist(connection, item_id)
            return await approval_notices.read(connection, item_id)

    @override
    async def decision(self, item_id: str) -> Decision | None:
        async with self._database.read() as connection:
            await _must_exist(connection, item_id)
            return await find_decision(connection, item_id)

    @override
    async def search(self, search: DecisionSearch) -> DecisionPage:
        async with self._database.read() as connection:
            return await find_decisions(connection, search)


async def _add_parts(connection: AsyncConnection, report: ItemReport) -> None:
    await approval_parts.add_revisions(connection, report.item_id, report.revisions)
    await approval_parts.must_be_recorded(connection, report.item_id, rules.revisions_spoken_of(report))
    await approval_parts.add_numbered(connection, approval_reviews, report.item_id, report.reviews)
    await approval_parts.add_numbered(connection, approval_ticks, report.item_id, report.ticks)
    await approval_parts.put_comments(connection, report.item_id, report.comments)


async def _decide(connection: AsyncConnection, report: ItemReport) -> None:
    if report.decision:
        numbers = (report.decision.revision,)
        await approval_parts.must_be_recorded(connection, report.item_id, numbers, digest=report.decision.digest)
        item = await _hold(connection, report.item_id)
        await add_decision(connection, item, report.decision)


async def _hold(connection: AsyncConnection, item_id: str) -> Mapping[Any, Any]:
    """Keep every other writer off this item until the commit; return its row."""
    held = select(approval_items).where(_ITEMS.id == item_id).with_for_update(key_share=True)
    row = (await connection.execute(held)).mappings().one_or_none()
    if row is None:
        raise rules.no_such_item(item_id)
    return row


async def _row(connection: AsyncConnection, item_id: str) -> Mapping[Any, Any] | None:
    return (await connection.execute(select(approval_items).where(_ITEMS.id == item_id))).mappings().one_or_none()


async def _must_exist(connection: AsyncConnection, item_id: str) -> None:
    await _opened_at(connection, item_id)


async def _opened_at(connection: AsyncConnection, item_id: str) -> datetime:
    opened_at: datetime | None = await connection.scalar(select(_ITEMS.opened_at).where(_ITEMS.id == item_id))
    if opened_at is None:
        raise rules.no_such_item(item_id)
    return opened_at


async def _item(connection: AsyncConnection, item_id: str) -> Item:
    found = await _items(connection, _shown().where(_ITEMS.id == item_id))
    if not found:
        raise rules.no_such_item(item_id)
    return found[0]


def _shown() -> Select[Any]:
    followed = select(_FOLLOWING.c.id).where(_FOLLOWING.c.previous_id == _ITEMS.id)
    first = followed.order_by(_FOLLOWING.c.opened_at, _FOLLOWING.c.number).limit(1).scalar_subquery()
    return select(approval_items, first.label("next_id"))


async def _items(connection: AsyncConnection, wanted: Select[Any]) -> tuple[Item, ...]:
    rows = (await connection.execute(wanted)).mappings()
    return tuple(Item.model_validate(rules.shown(row)) for row in rows)


def _conditions(which: ItemFilter) -> Iterable[ColumnElement[bool]]:
    yield readable(_ITEMS, which.readable)
    if which.is_open is not None:
        yield _ITEMS.closed_at.is_(null()) if which.is_open else _ITEMS.closed_at.is_not(null())
    if which.session_id:
        yield _ITEMS.session_id == which.session_id
    if which.requester_id is not None:
        yield _ITEMS.requester_id == which.requester_id
