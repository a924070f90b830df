"""A model's structured answer: JSON, checked against the schema it was asked to fit. Providers check only part of a schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from duo_flows.domain.errors import NeverAgain, Refused

from .patterns import PATIENCE, Budget, TooSlow
from .response_schemas import dialect_of, has_uncheckable_keywords
from .schema_checker import faults_of

# Enough to mend an answer in one go, few enough to read.
_FAULTS_TOLD = 5
# Of an answer of thousands of mistakes so many are looked at, so that the first places are told.
_FAULTS_FOUND = 100
# A flow file is as deep at most; the library goes down by recursion.
_DEPTH_MAX = 50


def read_answer(text: str, schema: Mapping[str, Any], *, patience: float = PATIENCE) -> Any:
    """Return the JSON value that a model answered. It takes at most `patience` seconds, so call it where that may be.

    Raises:
        Refused: it is not JSON, does not fit, or cannot be checked in time; the reason names the places, not the values.
        NeverAgain: the schema refers to what is not in it, or to itself without end; a checked definition has no such references.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("it is not one JSON value.", code="answer_not_json") from None
    if any(len(path) > _DEPTH_MAX for path, _ in _parts_of(value)):
        raise Refused(f"it is nested more than {_DEPTH_MAX} levels deep.", code="answer_too_deep")
    told = _told(value, schema, Budget(patience))
    if told:
        raise Refused(f"{told}.", code="answer_does_not_fit")
    return value


def _told(value: Any, schema: Mapping[str, Any], budget: Budget) -> str:
    if has_uncheckable_keywords(schema):
        raise _unusable()
    try:
        found = list(islice(faults_of(value, schema, dialect=dialect_of(schema), budget=budget), _FAULTS_FOUND))
    except TooSlow as slow:
        return (
            f"{_place_of(slow.on, value)} takes too long to be checked against the rules of its schema; make it shorter or simpler"
        )
    except Exception:  # noqa: BLE001 - in a schema that refers to what is none, the library trips over anything
        raise _unusable() from None
    faults = sorted(found, key=lambda fault: fault.json_path)
    return "; ".join(f"{fault.json_path} breaks the rule {fault.validator!r}" for fault in faults[:_FAULTS_TOLD])


def _unusable() -> NeverAgain:
    return NeverAgain("The response schema refers to what cannot be looked up, or cannot be applied.", code="invalid_definition")


def _place_of(part: Any, value: Any) -> str:
    """Return where a part stands in a value, as a path of JSON; for the key of an object, where the object stands."""
    for path, inside in _parts_of(value):
        if inside is part or (isinstance(inside, dict) and any(name is part for name in inside)):
            return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "$"


def _parts_of(value: Any) -> Iterator[tuple[tuple[int | str, ...], Any]]:
    """Yield the value and everything in it, with the way there; what lies below the depth that is allowed is left out."""
    waiting: list[tuple[tuple[int | str, ...], Any]] = [((), value)]
    while waiting:
        path, part = waiting.pop()
        yield path, part
        if len(path) > _DEPTH_MAX:
            continue
        inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
        waiting.extend(((*path, step), inner) for step, inner in inside)
