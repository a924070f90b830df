"""Decisions, in SQL: written once with what they are found by, and searched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, insert, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from duo_flows.domain.approval_records import Decision, NewDecision, Readable
from duo_flows.domain.decision_search import (
    DecisionPage,
    DecisionSearch,
    FoundDecision,
    Place,
    asked_words,
    cursor_of,
    place_of,
    search_text,
    snippet,
)

from . import approval_rules as rules
from .approval_tables import approval_decision_links, approval_decision_people, approval_decisions, approval_revisions
from .decision_words import add_words, matching, no_words

_OF_ITEM = ("project_id", "project_path", "number", "title", "requester_id", "requester", "session_id", "is_confidential", "linked")
_COLUMNS = tuple(approval_decisions.c[name] for name in Decision.model_fields)


async def find_decision(connection: AsyncConnection, item_id: str) -> Decision | None:
    """Return an item's decision, or None."""
    found = await connection.execute(select(*_COLUMNS).where(approval_decisions.c.item_id == item_id))
    row = found.mappings().one_or_none()
    return Decision.model_validate(dict(row)) if row else None


async def add_decision(connection: AsyncConnection, item: Mapping[Any, Any], new: NewDecision) -> None:
    """Record how an item was decided. The caller holds the item, and has recorded its revisions.

    Raises:
        NeverAgain: it is decided otherwise, or its revision is not recorded.
    """
    known = await find_decision(connection, item["id"])
    if known is not None:
        rules.must_be_same_decision(known, new)
        return
    facts = {name: item[name] for name in _OF_ITEM} | {"item_id": item["id"]}
    given = new.model_dump(exclude={"reviews"}) | new.model_dump(mode="json", include={"reviews"})
    await connection.execute(insert(approval_decisions).values(facts | given))
    await _add_people(connection, item, new)
    await _add_links(connection, item)
    content = search_text(label=rules.label(item), title=item["title"], summary=new.summary, text=new.text)
    await add_words(connection, item["id"], content)


async def _add_people(connection: AsyncConnection, item: Mapping[Any, Any], new: NewDecision) -> None:
    of_item = approval_revisions.c.item_id == item["id"]
    editors = await connection.scalars(select(approval_revisions.c.editor_id).where(of_item))
    people = rules.people_of(item, new, editors=editors)
    await connection.execute(insert(approval_decision_people), [{"item_id": item["id"], "person_id": one} for one in people])


async def _add_links(connection: AsyncConnection, item: Mapping[Any, Any]) -> None:
    keys = [{"item_id": item["id"], "key": key} for key in rules.link_keys(item)]
    if keys:
        await connection.execute(insert(approval_decision_links), keys)


async def find_decisions(connection: AsyncConnection, search: DecisionSearch) -> DecisionPage:
    """Return a page of decisions."""
    words = asked_words(search.words)
    if search.words.strip() and not words:  # signs alone: nothing has them
        return DecisionPage()
    fits, rank = await matching(connection, words) if words else no_words()
    # Narrow rows are ranked and sorted; the wide ones, with their texts, are read for one page only.
    places = (approval_decisions.c.item_id, approval_decisions.c.decided_at, rank.label("rank"))
    ranked = select(*places).where(fits, *_conditions(search)).subquery()
    hits = [Place.model_validate(dict(row)) for row in (await connection.execute(_page(ranked, search))).mappings()]
    shown = hits[: search.limit]
    next_cursor = cursor_of(shown[-1]) if len(hits) > search.limit else ""
    return DecisionPage(found=await _found(connection, shown, words), next_cursor=next_cursor)


def _page(ranked: Any, search: DecisionSearch) -> Select[Any]:
    order = (ranked.c.rank, ranked.c.decided_at, ranked.c.item_id)
    page = select(ranked).order_by(*(column.desc() for column in order)).limit(search.limit + 1)
    if not search.cursor:
        return page
    place = place_of(search.cursor)
    return page.where(tuple_(*order) < tuple_(place.rank, place.decided_at, place.item_id))


async def _found(connection: AsyncConnection, hits: Sequence[Place], words: tuple[str, ...]) -> tuple[FoundDecision, ...]:
    wanted = select(*_COLUMNS, approval_decisions.c.text).where(approval_decisions.c.item_id.in_([hit.item_id for hit in hits]))
    rows = {row["item_id"]: row for row in (await connection.execute(wanted)).mappings()}
    return tuple(_shown(rows[hit.item_id], words) for hit in hits)


def _shown(row: Mapping[Any, Any], words: tuple[str, ...]) -> FoundDecision:
    decision = Decision.model_validate({name: row[name] for name in Decision.model_fields})
    return FoundDecision(decision=decision, snippet=snippet(words, decision.summary, row["text"], decision.title))


def readable(columns: Any, who: Readable) -> ColumnElement[bool]:
    """Return the condition that somebody may read an item or decision; no projects are no items."""
    is_there = columns.project_id.in_(who.project_ids)
    if not who.confidential_project_ids:
        return and_(is_there, columns.is_confidential == false())
    may_know = columns.project_id.in_(who.confidential_project_ids)
    return and_(is_there, or_(columns.is_confidential == false(), may_know))


def _conditions(search: DecisionSearch) -> Iterable[ColumnElement[bool]]:
    decisions, people, links = approval_decisions.c, approval_decision_people.c, approval_decision_links.c
    yield readable(decisions, search.readable)
    if search.person_id is not None:
        yield decisions.item_id.in_(select(people.item_id).where(people.person_id == search.person_id))
    if search.linked:
        yield decisions.item_id.in_(select(links.item_id).where(links.key == search.linked))
    if search.states:
        yield decisions.state.in_(sorted(search.states))
    if search.decided_from is not None:
        yield decisions.decided_at >= search.decided_from
    if search.decided_until is not None:
        yield decisions.decided_at < search.decided_until
