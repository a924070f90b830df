"""What may be kept: the shape that times and texts take on their way into any store, SQL or memory."""

from __future__ import annotations

from datetime import UTC, datetime

from duo_flows.domain.errors import NeverAgain

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def in_utc(at: datetime) -> datetime:
    """Return the same instant in UTC.

    Raises:
        NeverAgain: the datetime has no time zone, so that nobody knows which instant it means.
    """
    if at.tzinfo is None:
        raise NeverAgain("A time without a time zone cannot be stored. Pass an aware datetime.", code="naive_time")
    return at.astimezone(UTC)


def storable_text(text: str) -> str:
    """Return the text without what a database refuses: PostgreSQL takes no NUL, and neither takes half a surrogate pair.

    Both come in with what GitLab, a tool or a model said, and must not bring down the session that they are noted in.
    """
    return text.replace("\0", _REPLACEMENT).encode("utf-8", "replace").decode("utf-8")
