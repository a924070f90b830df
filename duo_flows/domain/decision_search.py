"""Searching decisions: what a word is, what a search asks, how what it finds is ordered, and which passage is shown.

Pure, and the same for every store: a store only looks up the words that are made here. A word finds every word that begins with
it, in any language, whatever its capitals and accents. First come decisions with all words in the title, then those with all in
title and summary, then those with all anywhere; among equals the newest comes first. No statistics count, so that a page follows
the one before it whatever has been decided meanwhile.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from pydantic import AwareDatetime, Field, TypeAdapter

from .approval_records import Decision, Readable
from .approvals.states import ItemState
from .errors import Refused
from .model import Model

_RUN = re.compile(r"[^\W_]+")
# Longer runs are no words (hashes, Base64), and two of them that begin alike for so long are the same to a reader.
_WORD_MAX_LENGTH = 48
# What is indexed of one text: more than any plan with its discussion has, and less than what PostgreSQL takes of a document (1 MB).
_WORDS_MAX_COUNT = 12_000
# What a passage shows round its first hit.
_SNIPPET_BEFORE = 60
_SNIPPET_LENGTH = 240


class DecisionSearch(Model):
    """Which decisions to find. What is left empty is not asked for; nothing is found outside `readable`.

    `linked` is a linked item's key; `decided_from` counts, `decided_until` does not; `cursor` is the page before's `next_cursor`.
    """

    readable: Readable
    words: str = Field(default="", max_length=500)
    person_id: int | None = None
    linked: str = ""
    states: frozenset[ItemState] = frozenset()
    decided_from: AwareDatetime | None = None
    decided_until: AwareDatetime | None = None
    limit: int = Field(default=20, ge=1, le=100)
    cursor: str = ""


class Snippet(Model):
    """A passage of plain text; `marks` are the places (from, until) of the words that were asked for."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


class FoundDecision(Model):
    """A decision, and a passage that shows why it was found."""

    decision: Decision
    snippet: Snippet


class DecisionPage(Model):
    """One page of what was found; `next_cursor` is empty on the last."""

    found: tuple[FoundDecision, ...] = ()
    next_cursor: str = ""


class Place(Model):
    """Where a decision stands in what a search finds; greater comes first."""

    rank: int
    decided_at: AwareDatetime
    item_id: str


class SearchText(Model):
    """The words of a decision, by where they stand; each sorted, and once."""

    title: tuple[str, ...]
    summary: tuple[str, ...]
    text: tuple[str, ...]


def search_text(*, label: str, title: str, summary: str, text: str) -> SearchText:
    """Return what a decision can be found by."""
    return SearchText(title=_indexed(f"{label} {title}"), summary=_indexed(summary), text=_indexed(text))


def _indexed(text: str) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(islice(_words(text), _WORDS_MAX_COUNT))))


def asked_words(words: str) -> tuple[str, ...]:
    """Return the words that a search asks for, each once. What only has signs asks for none."""
    return tuple(dict.fromkeys(_words(words)))


def rank(content: SearchText, words: Iterable[str]) -> int | None:
    """Return how well a decision fits: 2 all words in the title, 1 in title and summary, 0 anywhere; None if one is missing."""
    asked = tuple(words)
    places = {2: content.title, 1: content.title + content.summary, 0: content.title + content.summary + content.text}
    fitting = (value for value, place in places.items() if all(any(word.startswith(one) for word in place) for one in asked))
    return max(fitting, default=None)


def snippet(words: Iterable[str], *passages: str) -> Snippet:
    """Return a piece of the first passage that has one of the words, or the beginning of the first if none has."""
    asked = tuple(words)
    texts = [unicodedata.normalize("NFC", passage) for passage in passages] or [""]
    text, hits = next(((text, hits) for text in texts if (hits := _hits(text, asked))), (texts[0], []))
    begin = max(0, hits[0][0] - _SNIPPET_BEFORE) if hits else 0
    end = begin + _SNIPPET_LENGTH
    inside = tuple((first - begin, last - begin) for first, last in hits if last <= end)
    return Snippet(text=text[begin:end], marks=inside)


def _hits(text: str, asked: tuple[str, ...]) -> list[tuple[int, int]]:
    runs = _RUN.finditer(text) if asked else ()
    return [run.span() for run in runs if _folded(run.group()).startswith(asked)]


def cursor_of(place: Place) -> str:
    """Return the cursor of the page that begins after this place."""
    return urlsafe_b64encode(f"{place.rank} {place.decided_at.isoformat()} {place.item_id}".encode()).decode()


def place_of(cursor: str) -> Place:
    """Return the place that a cursor names.

    Raises:
        Refused: it is not a cursor of ours.
    """
    try:
        rank_of, decided_at, item_id = urlsafe_b64decode(cursor.encode()).decode().split(" ", 2)
        return Place(rank=int(rank_of), decided_at=_AWARE.validate_python(decided_at), item_id=item_id)
    except ValueError:
        raise Refused("This is no cursor of a search. Take `next_cursor` of the page before.", code="wrong_cursor") from None


_AWARE: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


def _words(text: str) -> Iterable[str]:
    runs = _RUN.finditer(unicodedata.normalize("NFC", text))
    return (word for run in runs if (word := _folded(run.group())))


def _folded(run: str) -> str:
    bare = (sign for sign in unicodedata.normalize("NFKD", run.casefold()) if sign.isalnum())
    return "".join(bare).casefold()[:_WORD_MAX_LENGTH]
