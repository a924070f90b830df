"""A model's structured answer: JSON, checked against the schema it was asked to fit. Providers check only part of a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from duo_flows.domain.errors import Refused

# Enough to mend an answer in one go, few enough to read.
_FAULTS_TOLD = 5


def read_answer(text: str, schema: Mapping[str, Any]) -> Any:
    """Return the JSON value that a model answered.

    Raises:
        Refused: it is not JSON, or does not fit; the reason names the places, not the values.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("it is not one JSON value.", code="answer_not_json") from None
    faults = sorted(Draft202012Validator(dict(schema)).iter_errors(value), key=lambda fault: fault.json_path)
    if faults:
        told = "; ".join(f"{fault.json_path} breaks the rule {fault.validator!r}" for fault in faults[:_FAULTS_TOLD])
        raise Refused(f"{told}.", code="answer_does_not_fit")
    return value
