"""Durations as authors of flows write them: ISO 8601 (`P7D`), or a number and a unit (`7d`). Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_SHORT = re.compile(r"(\d{1,9})\s*(s|m|h|d|w)", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
# A year: whoever writes more has most likely slipped by a unit.
LONGEST = timedelta(days=365)


def duration_of(value: Any) -> Any:
    """Return the duration that a short form states; a duration, and the ISO form, are left for pydantic.

    Raises:
        ValueError: it is neither, or longer than a clock can count.
    """
    if isinstance(value, timedelta) or (isinstance(value, str) and value.startswith("P")):
        return value
    match = _SHORT.fullmatch(str(value).strip().lower())
    if match is None:
        raise ValueError("write a duration such as `P7D` or `7d`")
    try:
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        raise ValueError(f"write a duration of at most {LONGEST.days} days") from None


Duration = Annotated[timedelta, BeforeValidator(duration_of, json_schema_input_type=str), Field(gt=timedelta(0), le=LONGEST)]
