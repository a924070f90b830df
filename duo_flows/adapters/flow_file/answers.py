"""A model's structured answer: JSON, checked against the schema it was asked to fit. Providers check only part of a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from referencing.exceptions import Unresolvable

from duo_flows.domain.errors import NeverAgain, Refused

from .response_schemas import validator_of

# Enough to mend an answer in one go, few enough to read.
_FAULTS_TOLD = 5


def read_answer(text: str, schema: Mapping[str, Any]) -> Any:
    """Return the JSON value that a model answered.

    Raises:
        Refused: it is not JSON, or does not fit; the reason names the places, not the values.
        NeverAgain: the schema refers to what is not in it, or to itself without end; a checked definition has no such references.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("it is not one JSON value.", code="answer_not_json") from None
    try:
        faults = sorted(validator_of(schema).iter_errors(value), key=lambda fault: fault.json_path)
    except (Unresolvable, RecursionError):
        raise NeverAgain("The response schema refers to what cannot be looked up.", code="invalid_definition") from None
    if faults:
        told = "; ".join(f"{fault.json_path} breaks the rule {fault.validator!r}" for fault in faults[:_FAULTS_TOLD])
        raise Refused(f"{told}.", code="answer_does_not_fit")
    return value
