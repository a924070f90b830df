"""Signs that nobody sees, written so that everybody does.

The law of this module: pure and linear. What a person consents to must read as what it is: a sign that turns the reading direction
round, ends a line only in some programs or has no width could make one text pass for another. Only what is shown is changed here,
never what is done.
"""

from __future__ import annotations

import re

# Unicode's Default_Ignorable_Code_Point that Python counts as printable: fillers and selectors that take no room. A message can be
# written in the selectors alone. Source: Unicode 15, DerivedCoreProperties.txt.
_IGNORABLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff"

_MAYBE_UNSEEN = re.compile(rf"[^\x20-\x7e\n\t]|[{_IGNORABLE}]")
_IGNORED = re.compile(f"[{_IGNORABLE}]")


def visible(text: str) -> str:
    r"""Return the text with each sign that shows nothing written as JSON writes it, such as `\u202e`.

    Line ends, tabs and a carriage return before a line end stay; one alone would begin a line in Markdown and not in the file.
    """
    return _MAYBE_UNSEEN.sub(_seen, text)


def _seen(found: re.Match[str]) -> str:
    sign = found[0]
    if sign == "\r" and found.string.startswith("\n", found.end()):
        return sign
    return sign if sign.isprintable() and not _IGNORED.match(sign) else _escaped(sign)


def _escaped(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def in_one_line(text: str, *, limit: int) -> str:
    """Return a text of somebody else's as Markdown code within a line: without marks, links, mentions or signs that nobody sees."""
    line = " ".join(visible(text[: 4 * limit]).replace("`", "'").split())
    return f"`{line if len(line) <= limit else line[:limit] + '…'}`" if line else "` `"
