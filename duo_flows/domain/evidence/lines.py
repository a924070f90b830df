"""Raw trace to lines: what a person would see, line by line, under the same numbers as in the raw file.

The law of this module: one output line for each line feed of the raw log, whatever bytes come; linear in their number; every
pattern is possessive or bounded. Nothing here judges what a line means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Chunks keep memory low: one sign outside Latin-1 makes Python store the text around it at two or four bytes a sign.
_CHUNK = 1 << 20

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")

# Colours and the like, window titles, and every shorter escape such as the choice of a character set. Some programs print the
# escape sign as a caret and a bracket: colours of that kind go too.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x07\x1b\n]*+(?:\x07|\x1b\\)|[ -/]*+[0-~])|\^\[\[[0-9;]{0,20}[mK]")
_SECTION = re.compile(r"section_(?:start|end):\d++:[^\r\n]*+(?:\r|$)", re.MULTILINE)
# A timestamp of GitLab's or GitHub's runner, behind a line feed: a sign to search for is what makes it fast. `gh run view --log`
# puts job and step before it, which stay.
_STAMP = r"\ufeff?\d{4}-\d\d-\d\dT[\d:.]{8,20}Z (?:\d\d[OE]\+? ?)?"
_TIMESTAMP = re.compile(rf"\n{_STAMP}")
_LATER_TIMESTAMP = re.compile(rf"\n([^\t\n]{{1,100}}+\t[^\t\n]{{1,100}}+\t){_STAMP}")
_AFTER_TAB = re.compile(r"\t\ufeff?\d{4}-")
# What no line of text holds: databases refuse NUL, terminals act on the others.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def log_lines(raw: bytes) -> list[str]:
    """Return the log's lines as a person sees them: no colours, section marks or runner timestamps, progress bars at their end."""
    lines: list[str] = []
    for text in _chunks(_as_utf_8(raw)):
        lines += _cleaned(text)
    return lines


def _as_utf_8(raw: bytes) -> bytes:
    if raw[:2] in _UTF_16:
        return raw.decode("utf-16", errors="replace").encode("utf-8", errors="replace")
    return raw


def _chunks(raw: bytes) -> Iterator[str]:
    """Yield the text in pieces of whole lines. A byte that is not UTF-8 spoils one sign, never a line's end."""
    start = len(b"\xef\xbb\xbf") if raw.startswith(b"\xef\xbb\xbf") else 0
    while start < len(raw):
        end = raw.find(b"\n", start + _CHUNK) + 1 or len(raw)
        yield raw[start:end].decode("utf-8", errors="replace")
        start = end


def _cleaned(text: str) -> list[str]:
    text = text.removesuffix("\n")
    if "\x1b" in text or "^[[" in text:
        text = _ANSI.sub("", text)
    text = _without_timestamps(text)
    if "section_" in text:
        text = _SECTION.sub("", text)
    lines = text.split("\n")
    if "\r" in text:
        lines = [_shown_last(line) if "\r" in line else line for line in lines]
    if _CONTROL.search(text):
        lines = [_CONTROL.sub("", line) for line in lines]
    return lines


def _without_timestamps(text: str) -> str:
    behind = _TIMESTAMP.sub("\n", f"\n{text}")
    if _AFTER_TAB.search(text):
        behind = _LATER_TIMESTAMP.sub(r"\n\1", behind)
    return behind[1:]


def _shown_last(line: str) -> str:
    """Return what a terminal shows last; an empty rest overwrites nothing."""
    line = line.rstrip("\r")
    return line[line.rfind("\r") + 1 :]
