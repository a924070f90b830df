"""What decisions are found by: their folded words, in SQLite's full-text index or PostgreSQL's.

Both are given words and look them up by their beginnings; what a word is, is the domain's. Words are letters and digits, so that
none can be taken for syntax. Where SQLite comes without FTS5 the same words stand in a plain table, and each search reads it all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, column, insert, literal, literal_column, select, table, text, true
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from duo_flows.domain.decision_search import SearchText

from .approval_tables import approval_decisions

_PLACES = ("title", "summary", "text")
_WORDS = table("decision_words", column("item_id"), *(column(name) for name in _PLACES))
_VECTORS = table("decision_words", column("item_id"), column("words"))
# PostgreSQL tells places apart by weights.
_WEIGHTS = dict(zip(_PLACES, "ABC", strict=True))
# All of a search's words: in the title, in title and summary, anywhere. The number is the decision's rank.
_SPANS = {2: _PLACES[:1], 1: _PLACES[:2], 0: _PLACES}

Matcher = dict[int, ColumnElement[bool]]


async def add_words(connection: AsyncConnection, item_id: str, content: SearchText) -> None:
    """Make a decision findable."""
    places = {name: getattr(content, name) for name in _PLACES}
    if connection.dialect.name == "sqlite":
        row = {name: " ".join(["", *words]) for name, words in places.items()}
        await connection.execute(insert(_WORDS).values(item_id=item_id, **row))
        return
    adding = text("INSERT INTO decision_words (item_id, words) VALUES (:item_id, CAST(CAST(:words AS text) AS tsvector))")
    await connection.execute(adding, {"item_id": item_id, "words": _vector(places)})


async def matching(connection: AsyncConnection, words: Sequence[str]) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    """Return the condition that a decision has all of the words, and its rank."""
    matcher = await _matcher(connection, words)
    rank: ColumnElement[int] = case((matcher[2], 2), (matcher[1], 1), else_=0)
    return matcher[0], rank


def no_words() -> tuple[ColumnElement[bool], ColumnElement[int]]:
    """Return condition and rank of a search that asks for no words: all fit equally."""
    return true(), literal_column("0")


async def _matcher(connection: AsyncConnection, words: Sequence[str]) -> Matcher:
    if connection.dialect.name != "sqlite":
        return {rank: _in_vector(words, span) for rank, span in _SPANS.items()}
    is_indexed = await connection.scalar(_IS_FULL_TEXT)
    match = _in_index if is_indexed else _in_table
    return {rank: match(words, span) for rank, span in _SPANS.items()}


_IS_FULL_TEXT = text("SELECT sql LIKE 'CREATE VIRTUAL%' FROM sqlite_master WHERE name = 'decision_words'")


def _in_index(words: Sequence[str], span: Sequence[str]) -> ColumnElement[bool]:
    asked = " AND ".join(f'"{word}" *' for word in words)
    query = f"{{{' '.join(span)}}} : ({asked})"
    return _among(select(_WORDS.c.item_id).where(literal_column("decision_words").op("MATCH")(query)))


def _in_table(words: Sequence[str], span: Sequence[str]) -> ColumnElement[bool]:
    columns = (cast(_WORDS.c[name], String) for name in span)
    written: ColumnElement[str] = reduce(lambda before, column: before + column, columns, literal("", String))
    return _among(select(_WORDS.c.item_id).where(and_(*(written.like(f"% {word}%") for word in words))))


def _in_vector(words: Sequence[str], span: Sequence[str]) -> ColumnElement[bool]:
    weights = "".join(_WEIGHTS[name] for name in span)
    query = " & ".join(f"'{word}':*{weights}" for word in words)
    return _among(select(_VECTORS.c.item_id).where(_VECTORS.c.words.op("@@")(cast(cast(query, String), TSQUERY))))


def _among(ids: Any) -> ColumnElement[bool]:
    return approval_decisions.c.item_id.in_(ids)


def _vector(places: dict[str, Sequence[str]]) -> str:
    """Return PostgreSQL's notation of a document: each word with the places that it stands in."""
    found: dict[str, list[str]] = {}
    for number, (name, words) in enumerate(places.items(), 1):
        for word in words:
            found.setdefault(word, []).append(f"{number}{_WEIGHTS[name]}")
    return " ".join(f"'{word}':{','.join(marks)}" for word, marks in found.items())
