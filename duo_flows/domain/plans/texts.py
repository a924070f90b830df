"""Texts as people see them: signs that nobody sees are spelled out, and Markdown that hides is shown as it was written.

The law of this module: pure, doing it twice is doing it once, and no word is taken away. Whoever approves reads GitLab's rendering;
what an agent is given later is the text. So whatever would stand in the text and not in the rendering (comments, definitions of
links, invisible signs) has to become visible here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

# Signs without a glyph that Unicode counts as letters or marks: joiners, fillers, selectors, an empty Braille cell.
_BLANK_SIGNS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0")
# Selectors of a glyph's form carry no meaning but can carry a message, sixteen or two hundred and forty signs wide.
_SELECTORS = re.compile("[\ufe00-\ufe0d\U000e0100-\U000e01ef]")
_JOINERS = "\u200c\u200d"
# From Hebrew on, scripts and emoji join and part signs with the two joiners. Latin, Greek and Cyrillic stand before it.
_FIRST_JOINING = "\u0590"
# Also what is not printable at all; the plain run of a text is passed over at once.
_SUSPECT = re.compile(r"[^\n\t -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u03ff\u0400-\u052f]")

_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")

_BACKTICKS = re.compile(r"`+")
# What can begin HTML: a tag, a comment, a declaration. Comparisons (`a < b`, `<3`) cannot.
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
# An address between angle brackets is a link and hides nothing.
_AUTOLINK = re.compile(r"<https?://[^\s<>`]+>")
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
# A link may have an address of one word; a title behind it is seen by nobody who does not point at it.
_TITLED_LINK = re.compile(r"\]\((?![^\s()<>]{0,1000}\))")
# A picture hides the words that stand for it, and is fetched from wherever it says; as a link it does neither.
_PICTURE = re.compile(r"(?<!\\)((?:\\\\)*)!\[")
# GitLab draws what stands between dollar signs as a formula, in which comments and white letters are not seen.
_DOLLAR = re.compile(r"(?<!\\)((?:\\\\)*)\$")
# A definition (`[a]: address "title"`) is nowhere shown. Its label may go over lines, so that it is broken at its end.
_MAY_DEFINE = re.compile(r"^[\s>*+\-\d.)]*\[", re.MULTILINE)


def visible(text: str) -> str:
    r"""Return the text with line ends as `\n` and every sign that nobody sees spelled out, as in `[U+202E]`."""
    text = _LINE_ENDS.sub("\n", text)
    if not _SUSPECT.search(text):
        return text
    signs = ["", *text, ""]
    return "".join(
        _shown(sign, before, after) for (before, sign), (_, after) in zip(pairwise(signs), pairwise(signs[1:]), strict=False)
    )


def _shown(sign: str, before: str, after: str) -> str:
    if sign in _JOINERS and before >= _FIRST_JOINING and after >= _FIRST_JOINING:
        return sign
    if sign.isspace():
        return sign if sign in "\n\t" else " "
    is_seen = sign.isprintable() and sign not in _BLANK_SIGNS and not _SELECTORS.match(sign)
    return sign if is_seen else f"[U+{ord(sign):04X}]"


def harmless(text: str, *, allows_breaks: bool = False) -> str:
    """Return prose of one element in which nothing hides: HTML, formulas, titles and definitions of links show as they are written.

    Args:
        text: Markdown of one paragraph, list item, heading or table row; code between backticks stays where it surely is code.
        allows_breaks: leave `<br>`, which a table's cell needs; elsewhere it could begin a line and make HTML of what follows.
    """
    defines, is_formula = bool(_MAY_DEFINE.search(text)), text.count("$") > 1

    def spelled(prose: str) -> str:
        prose = _outside(_AUTOLINK, prose, lambda rest: _without_tags(rest, allows_breaks=allows_breaks))
        prose = _DOLLAR.sub(r"\1\\$", prose) if is_formula else prose
        prose = _PICTURE.sub(r"\1\\![", _TITLED_LINK.sub("]\\(", prose))
        return prose.replace("]:", "]\\:") if defines else prose

    return outside_code_spans(text, spelled)


def _without_tags(text: str, *, allows_breaks: bool) -> str:
    if allows_breaks:
        return _outside(_BREAK, text, lambda rest: _TAG.sub("&lt;", rest))
    return _TAG.sub("&lt;", text)


def _outside(pattern: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    """Return the text with what lies between the pattern's matches changed."""
    parts, position = [], 0
    for found in pattern.finditer(text):
        parts += [change(text[position : found.start()]), found[0]]
        position = found.end()
    return "".join([*parts, change(text[position:])])


def outside_code_spans(text: str, change: Callable[[str], str]) -> str:
    """Return the text with everything changed that is not certainly code between backticks.

    Certain are spans that end on their line and in their cell, up to the first backticks in the text that have no such partner:
    those may pair with others further on, in a way that only a whole Markdown parser sees.
    """
    parts, position = [], 0
    for start, end in _certain_spans(text):
        parts += [change(text[position:start]), text[start:end]]
        position = end
    return "".join([*parts, change(text[position:])])


def _certain_spans(text: str) -> list[tuple[int, int]]:
    if "`" not in text:
        return []
    spans: list[tuple[int, int]] = []
    runs = iter(_BACKTICKS.finditer(text))
    for opening in runs:
        is_escaped = text[opening.start() - 1 : opening.start()] == "\\"
        closing = None if is_escaped else next((run for run in runs if run[0] == opening[0]), None)
        if closing is None or re.search(r"[\n|]", text[opening.end() : closing.start()]):
            break
        spans.append((opening.start(), closing.end()))
    return spans
