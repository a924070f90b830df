"""What a line is: of which shape, and what it heads.

The law of this module: one line in, one answer out; it knows nothing of other lines but that lines of one skeleton are the same.
"""

from __future__ import annotations

from . import table
from .shape import LINE_SEEN, Kind, Shape
from .structure import heading_level
from .templates import TEMPLATE_LENGTH, Template
from .words import body_of, has_passed, is_code, is_name, strength

# What is seen of a long line's end.
_END_SEEN = 500
# With so many different failures, telling them apart in earnest would take longer than a reader waits.
_FAILURES_OF_A_FLOOD = 2_000
_SKELETONS_KEPT = 20_000

# Kinds that program text is taken for.
_OF_WORDS = frozenset({Kind.WORD, Kind.NOTE, Kind.DETAIL})

# Most lines are neither evidence nor headings: they share one template.
_CHATTER = Template(None, None, is_known=False)


class Judge:
    """What lines are. Once the log has shown very many different failures, lines of one skeleton are judged once."""

    def __init__(self) -> None:
        self._failures = 0
        self._judged: dict[tuple[bytes, ...], Template] = {}

    def template(self, line: str, key: bytes, *, is_known: bool) -> Template:
        """Return what the line is, as a template of its own."""
        if self._failures < _FAILURES_OF_A_FLOOD or len(line) > TEMPLATE_LENGTH:
            found = _judged(line, is_known=is_known)
            self._failures += found.shape is not None
            return found
        skeleton = table.SKELETONS.of(key)
        first = self._judged.get(skeleton)
        if first is None:
            first = _judged(line, is_known=is_known)
            if len(self._judged) < _SKELETONS_KEPT:
                self._judged[skeleton] = first
            return first
        return first if first.shape is None else Template(first.shape, first.level, is_known)


def _judged(line: str, *, is_known: bool) -> Template:
    body = body_of(line[:LINE_SEEN])
    level = heading_level(line) or (None if body == line else heading_level(body))
    shape = _shape_of(body) or (_shape_of_end(line) if len(line) > LINE_SEEN else None)
    if shape is None and level is None:
        return _CHATTER
    return Template(shape, level, is_known)


def _shape_of_end(line: str) -> Shape | None:
    """Return what the end of a long line says, if its beginning says nothing."""
    end = line[-_END_SEEN:]
    return table.STRONG_WORDS if strength(end.lower(), table.VOCABULARY.words_of(end)) > 1 else None


def _shape_of(body: str) -> Shape | None:
    if is_name(body):
        return None
    tokens = table.VOCABULARY.words_of(body)
    lower = body.lower()
    found = table.INDEX.find(body, lower, tokens) or (None, table.WEAK_WORDS, table.STRONG_WORDS)[strength(lower, tokens)]
    if found is None or has_passed(body):
        return None
    return None if found.kind in _OF_WORDS and is_code(body) else found
