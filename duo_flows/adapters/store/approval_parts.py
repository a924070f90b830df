"""What belongs to an item, in SQL: revisions, reviews, comments, ticks, reviewers. Each function's caller holds the item.

What is there already, by its key, is left as it was first written; only comments follow their editors' edits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, and_, delete, func, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from duo_flows.domain.approval_records import (
    Comment,
    KeptComment,
    NewReview,
    Review,
    Reviewer,
    Revision,
    Tick,
)
from duo_flows.domain.approvals.states import LIVE_STATES

from . import approval_rules as rules
from .approval_tables import (
    approval_comments,
    approval_items,
    approval_reviewers,
    approval_reviews,
    approval_revisions,
    approval_ticks,
)
from .tables import contents
from .values import storable_text


async def add_revisions(connection: AsyncConnection, item_id: str, given: Sequence[Revision]) -> None:
    """Record revisions.

    Raises:
        NotFound: nothing is stored under a content reference.
        NeverAgain: a number is that of another revision.
    """
    recorded = {one.number: one for one in await read_revisions(connection, item_id)} if given else {}
    for revision in given:
        if known := recorded.get(revision.number):
            rules.must_be_same(known, revision)
        else:
            await _must_be_stored(connection, revision.content_ref)
            await connection.execute(insert(approval_revisions).values(item_id=item_id, **revision.model_dump()))


async def _must_be_stored(connection: AsyncConnection, ref: str) -> None:
    if await connection.scalar(select(contents.c.digest).where(contents.c.digest == ref)) is None:
        raise rules.no_such_content(ref)


async def must_be_recorded(connection: AsyncConnection, item_id: str, numbers: Sequence[int], *, digest: str = "") -> None:
    """Let pass only what is about recorded revisions, with this digest if one is given.

    Raises:
        NeverAgain: a number is not recorded, or with another digest.
    """
    recorded = {one.number: one.digest for one in await read_revisions(connection, item_id)} if numbers else {}
    for number in numbers:
        if number not in recorded or digest not in {"", recorded[number]}:
            raise rules.unknown_revision(number)


async def add_numbered(connection: AsyncConnection, table: Table, item_id: str, given: Sequence[NewReview | Tick]) -> None:
    """Record reviews or ticks, numbered in the order they come."""
    by_key: dict[str, NewReview | Tick] = {}
    for one in given:
        by_key.setdefault(storable_text(one.key), one)
    of_item = table.c.item_id == item_id
    known = set(await connection.scalars(select(table.c.key).where(of_item, table.c.key.in_(by_key))))
    fresh = [one for key, one in by_key.items() if key not in known]
    if not fresh:
        return
    last = await connection.scalar(select(func.coalesce(func.max(table.c.n), 0)).where(of_item)) or 0
    rows = [one.model_dump() | {"item_id": item_id, "n": n} for n, one in enumerate(fresh, last + 1)]
    await connection.execute(insert(table), rows)


async def put_comments(connection: AsyncConnection, item_id: str, given: Sequence[Comment]) -> None:
    """Record comments, and what became of those that are there."""
    known = {one.key: one for one in await read_comments(connection, item_id)} if given else {}
    for comment in given:
        kept = known.get(storable_text(comment.key))
        if kept is None:
            values = comment.model_dump() | {"item_id": item_id, "first_body": comment.body}
            await connection.execute(insert(approval_comments).values(values))
        elif rules.is_newer(comment, kept):
            is_comment = and_(approval_comments.c.item_id == item_id, approval_comments.c.key == kept.key)
            await connection.execute(update(approval_comments).where(is_comment).values(rules.edited(comment)))
        known[storable_text(comment.key)] = rules.kept(comment, before=kept)


async def set_reviewers(connection: AsyncConnection, item_id: str, reviewers: Sequence[Reviewer]) -> None:
    """Let these be an item's reviewers."""
    await connection.execute(delete(approval_reviewers).where(approval_reviewers.c.item_id == item_id))
    rows = [one.model_dump() | {"item_id": item_id, "because": list(one.because)} for one in rules.each_once(reviewers)]
    if rows:
        await connection.execute(insert(approval_reviewers), rows)


async def note_who_is_waited_for(connection: AsyncConnection, item_id: str) -> None:
    """Bring up to date on whom an open item waits: its reviewers who have not voted on its current revision."""
    items, reviewers, reviews = approval_items.c, approval_reviewers.c, approval_reviews.c
    said = select(reviews.verdict).where(
        reviews.item_id == items.id, reviews.person_id == reviewers.person_id, reviews.revision == items.revision
    )
    last_said = said.order_by(reviews.n.desc()).limit(1).correlate(approval_items, approval_reviewers).scalar_subquery()
    open_since = select(items.opened_at).where(
        items.id == item_id, items.state.in_(sorted(LIVE_STATES)), items.revision > 0, last_said.is_(null())
    )
    of_item = update(approval_reviewers).where(reviewers.item_id == item_id)
    await connection.execute(of_item.values(waiting_since=open_since.correlate(approval_reviewers).scalar_subquery()))


async def read_reviewers(connection: AsyncConnection, item_id: str) -> tuple[Reviewer, ...]:
    """Return an item's reviewers, by person id."""
    return await _read(connection, Reviewer, approval_reviewers, item_id, by="person_id")


async def read_revisions(connection: AsyncConnection, item_id: str) -> tuple[Revision, ...]:
    """Return an item's revisions, oldest first."""
    return await _read(connection, Revision, approval_revisions, item_id, by="number")


async def read_reviews(connection: AsyncConnection, item_id: str) -> tuple[Review, ...]:
    """Return an item's reviews, oldest first; each cleared by the revision that followed its own."""
    following = approval_revisions.alias()
    is_cleared = and_(following.c.item_id == approval_reviews.c.item_id, following.c.number == approval_reviews.c.revision + 1)
    columns = [approval_reviews.c[name] for name in Review.model_fields if name != "cleared_at"]
    wanted = select(*columns, following.c.created_at.label("cleared_at")).join_from(
        approval_reviews, following, is_cleared, isouter=True
    )
    found = await connection.execute(wanted.where(approval_reviews.c.item_id == item_id).order_by(approval_reviews.c.n))
    return tuple(Review.model_validate(dict(row)) for row in found.mappings())


async def read_comments(connection: AsyncConnection, item_id: str) -> tuple[KeptComment, ...]:
    """Return an item's comments, by time of writing."""
    return await _read(connection, KeptComment, approval_comments, item_id, by="created_at")


async def read_ticks(connection: AsyncConnection, item_id: str) -> tuple[Tick, ...]:
    """Return an item's ticks, oldest first."""
    return await _read(connection, Tick, approval_ticks, item_id, by="n")


async def _read(connection: AsyncConnection, kind: Any, table: Table, item_id: str, *, by: str) -> tuple[Any, ...]:
    columns = [table.c[name] for name in kind.model_fields]
    order = dict.fromkeys((table.c[by], *table.primary_key.columns))
    found = await connection.execute(select(*columns).where(table.c.item_id == item_id).order_by(*order))
    return tuple(kind.model_validate(dict(row)) for row in found.mappings())
