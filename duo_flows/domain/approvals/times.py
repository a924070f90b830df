"""Times as policies and events have them: aware, in UTC; and a timeout as an author writes it. Pure."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, TypeAdapter, ValidationError

from duo_flows.domain.durations import LONGEST, Duration

# Beyond this a time zone's hours, or the end of a day, leave the calendar.
_LAST_YEAR = 9998
_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
_FORMS = "write a duration such as `7d`, a date such as `2026-10-31`, or a time such as `2026-10-31T12:00Z`"


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time says its zone, such as `2026-10-31T12:00Z`")
    if at.year > _LAST_YEAR:
        raise ValueError(f"write a time before the year {_LAST_YEAR + 1}")
    return at.astimezone(UTC)


Utc = Annotated[AwareDatetime, AfterValidator(_in_utc)]


def _timeout(value: Any) -> timedelta | datetime | None:
    """Return what an author wrote as a duration or a time, in one sentence if it is neither; a bare date lasts until its end."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, date):
        return _end_of(value)
    written = None if isinstance(value, timedelta) else _date_or_time(str(value).strip())
    return _timeout(written) if written else _duration(value)


def _date_or_time(text: str) -> date | datetime | None:
    # A date first: `datetime` would read one as its midnight, which is its beginning.
    for form in (date, datetime):
        with suppress(ValueError):
            return form.fromisoformat(text)
    return None


def _end_of(day: date) -> datetime:
    return _in_utc(datetime.combine(day, time(), tzinfo=UTC)) + timedelta(days=1)


def _duration(value: Any) -> timedelta:
    try:
        duration = _DURATION.validate_python(value)
    except ValidationError:
        raise ValueError(f"{_FORMS}; a duration is above 0 and at most {LONGEST.days} days") from None
    return duration


Timeout = Annotated[timedelta | datetime | None, BeforeValidator(_timeout, json_schema_input_type=str | None)]


def in_words(at: datetime) -> str:
    """Return a time as reasons write it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
