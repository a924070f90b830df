"""Times as policies and events have them: aware, in UTC; and a deadline as an author writes it. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from duo_flows.domain.durations import Duration, duration_of

Utc = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]


def _timeout(value: Any) -> Any:
    """Return a duration or a time of what an author wrote; a bare date lasts until its end, UTC."""
    if isinstance(value, timedelta | datetime) or value is None:
        return value
    if isinstance(value, date):
        return _end_of(value)
    try:
        return duration_of(value) if str(value).startswith("P") else _date_or_time(str(value).strip())
    except ValueError:
        return _short_duration(value)


def _date_or_time(text: str) -> datetime:
    try:
        return _end_of(date.fromisoformat(text))
    except ValueError:
        return datetime.fromisoformat(text)


def _short_duration(value: Any) -> Any:
    try:
        return duration_of(value)
    except ValueError:
        raise ValueError(
            "write a duration such as `7d`, a date such as `2026-10-31`, or a time such as `2026-10-31T12:00Z`"
        ) from None


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)


Timeout = Annotated[Duration | Utc | None, BeforeValidator(_timeout, json_schema_input_type=str | None)]


def in_words(at: datetime) -> str:
    """Return a time as reasons write it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
