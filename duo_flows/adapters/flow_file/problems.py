"""What is wrong with a flow file, in its author's words: line, key, what stands there, what may, and the nearest right name."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_checks import Finding
from duo_flows.domain.model import Model
from duo_flows.domain.written_texts import one_line

from .positions import Document, Place

# A line of an error; the file itself has the rest.
FOUND_MAX_LENGTH = 80
ALLOWED_MAX_LENGTH = 600
KEY_MAX_LENGTH = 200
# So that an error stays readable; all are in `problems`.
SHOWN_COUNT = 5
# Far more than anybody mends in one go; a file of nothing but mistakes ends here.
MAX_PROBLEMS = 200
# Comparing names costs their product; a name that is longer or one of more is not looked for.
_COMPARED_NAMES = 300
_COMPARED_LENGTH = 80
_KINDS = {bool: "true or false", int: "a number", float: "a number"}


class FlowProblem(Model):
    """One thing that is wrong; `line` and `column` count from 1, `suggestion` is empty where nothing is near."""

    line: int
    column: int
    key: str
    found: str
    allowed: str
    suggestion: str = ""

    def sentence(self) -> str:
        """Return the problem as one line."""
        hint = f" Did you mean {self.suggestion}?" if self.suggestion else ""
        return (
            f"line {self.line}, column {self.column}: {self.key or 'the file'}: found {self.found}; allowed: {self.allowed}.{hint}"
        )


class InvalidFlow(NeverAgain):
    """A flow file that cannot run, with everything that is wrong with it."""

    def __init__(self, source: str, problems: tuple[FlowProblem, ...]) -> None:
        lines = [problem.sentence() for problem in problems[:SHOWN_COUNT]]
        more = f" … and {len(problems) - SHOWN_COUNT} more." if len(problems) > SHOWN_COUNT else ""
        super().__init__(f"{source} is not a flow that can run. {' '.join(lines)}{more}", code="invalid_definition")
        self.source = source
        self.problems = problems


class Located(Model):
    """A finding and where it stands in the file."""

    place: Place
    finding: Finding


def located(document: Document, finding: Finding) -> Located:
    """Return a finding with the place of the deepest part of its path that stands in the file."""
    return Located(place=document.place_of(finding.at), finding=finding)


def problems_of(found: Iterable[Located]) -> tuple[FlowProblem, ...]:
    """Return findings in the author's words, in the file's order, each once, and not more than anybody reads."""
    in_order = sorted(found, key=lambda one: (one.place.line, one.place.column))
    return tuple(dict.fromkeys(_problem(one) for one in in_order[:MAX_PROBLEMS]))


def _problem(one: Located) -> FlowProblem:
    finding = one.finding
    near = nearest(finding.part or finding.found, finding.names)
    meant = finding.meant or (f"{finding.before}{near}{finding.after}" if near else "")
    return FlowProblem(
        line=one.place.line,
        column=one.place.column,
        key=key_of(finding.at),
        found=shown(finding.found),
        allowed=_cut(_line(finding.allowed), ALLOWED_MAX_LENGTH),
        suggestion=shown(meant) if meant else "",
    )


def key_of(path: Sequence[str | int]) -> str:
    """Return a path as people write it: `components[2].prompt_id`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_line(part)}" for part in path).removeprefix(".")
    return _cut(text, KEY_MAX_LENGTH)


def shown(value: Any) -> str:
    """Return a value as one short line, as the author wrote it; never empty."""
    if isinstance(value, dict):
        keys = ", ".join(_line(str(key)) for key in list(value)[:_COMPARED_NAMES])
        return _cut(f"a mapping with {keys}" if keys else "an empty mapping", FOUND_MAX_LENGTH)
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    line = _line(text)
    # What cannot be seen may be what is wrong: a space at the end, a sign that is none.
    line = line if line == text or len(text) > FOUND_MAX_LENGTH else json.dumps(text)
    return _cut(line, FOUND_MAX_LENGTH) or "an empty text"


def kind_of(value: Any) -> str:
    """Return what YAML takes an unquoted value for that is no text; empty for a text and for collections."""
    return _KINDS.get(type(value), "")


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the name that was probably meant, or an empty text."""
    if len(name) > _COMPARED_LENGTH:
        return ""
    known = [one for _, one in zip(range(_COMPARED_NAMES), names, strict=False) if len(one) <= _COMPARED_LENGTH]
    by_lower = {one.lower(): one for one in known if one != name}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else ""


def _line(text: str) -> str:
    """Return a text on one line and without what would drive a terminal."""
    some = text[: 4 * ALLOWED_MAX_LENGTH]
    return one_line(some)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
