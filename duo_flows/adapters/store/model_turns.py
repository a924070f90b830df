"""Model turns: what was asked and answered, and what every attempt used, answered or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from duo_flows.domain.delegation import subsession_prefix
from duo_flows.domain.ports import TurnKey
from duo_flows.domain.sessions import Usage

from . import rules
from .tables import model_turns

_COUNTS = tuple(Usage.model_fields)


class Attempt(NamedTuple):
    """What is known of one attempt at a turn; `reply_ref` is empty as long as it has not been answered."""

    number: int
    usage: Usage
    reply_ref: str


async def recorded_turn(connection: AsyncConnection, key: TurnKey) -> tuple[str, Usage] | None:
    """Return (content reference of the reply, usage) of an answered turn."""
    answered = select(model_turns).where(_is_turn(key), model_turns.c.reply_ref != "")
    row = (await connection.execute(answered)).mappings().one_or_none()
    return (row["reply_ref"], _usage(row)) if row else None


async def note_turn(connection: AsyncConnection, key: TurnKey, attempt: Attempt, *, at: datetime) -> None:
    """Record an attempt. The caller holds the session.

    Counts only grow, so that a late report of less does no harm. The first answer to a turn stays its answer: the run may have
    gone on with it.
    """
    answer = await recorded_turn(connection, key)
    first_answer = attempt.reply_ref if answer is None else ""
    is_attempt = and_(_is_turn(key), model_turns.c.attempt == attempt.number)
    row = (await connection.execute(select(model_turns).where(is_attempt))).mappings().one_or_none()
    if row is None:
        named = key.model_dump() | {"attempt": attempt.number, "reply_ref": first_answer, "noted_at": at}
        await connection.execute(insert(model_turns).values(named | attempt.usage.model_dump()))
        return
    counts = rules.greater(_usage(row), attempt.usage).model_dump()
    values = counts | {"reply_ref": row["reply_ref"] or first_answer, "noted_at": at}
    await connection.execute(update(model_turns).where(is_attempt).values(values))


async def usage_of(connection: AsyncConnection, session_ids: Sequence[str], *, component: str = "") -> dict[str, Usage]:
    """Return the sum over all attempts for each session that has any; of one component, with its subsessions, if named."""
    sums = [func.sum(model_turns.c[name]).label(name) for name in _COUNTS]
    grouped = select(model_turns.c.session_id, *sums).where(model_turns.c.session_id.in_(session_ids))
    if component:
        of_subsessions = model_turns.c.component.startswith(subsession_prefix(component), autoescape=True)
        grouped = grouped.where(or_(model_turns.c.component == component, of_subsessions))
    found = await connection.execute(grouped.group_by(model_turns.c.session_id))
    return {row["session_id"]: _usage(row) for row in found.mappings()}


def _is_turn(key: TurnKey) -> ColumnElement[bool]:
    return and_(*(model_turns.c[name] == value for name, value in key.model_dump().items()))


def _usage(row: Mapping[Any, Any]) -> Usage:
    # PostgreSQL sums up big integers as decimals.
    return Usage(**{name: int(row[name]) for name in _COUNTS})
