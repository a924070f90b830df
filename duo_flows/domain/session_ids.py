"""Session ids: opaque, short enough to type into a comment, of one alphabet and length however they come about. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Final

# Crockford's base 32 in lower case: no i, l, o or u, so that an id can be read aloud and never spells a word.
ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_BITS_PER_SIGN = 5
# 45 bits of milliseconds since 1970 last for a thousand years; 35 random bits keep ids of one millisecond apart.
_TIME_LENGTH = 9
_RANDOM_LENGTH = 7
LENGTH: Final = _TIME_LENGTH + _RANDOM_LENGTH
# As many bytes as the random signs, and as all signs, need at least.
RANDOM_BYTES: Final = 5
_EVENT_BYTES = 10


def session_id_at(now: datetime, chance: bytes) -> str:
    """Return an id that sorts after those of earlier milliseconds.

    Args:
        now: an aware datetime.
        chance: five random bytes.
    """
    milliseconds = int(now.astimezone(UTC).timestamp() * 1000)
    return _spell(milliseconds, _TIME_LENGTH) + _spell(int.from_bytes(chance), _RANDOM_LENGTH)


def session_id_of(event: str) -> str:
    """Return the id of the session that an event starts: the same for the same event. No two meet by chance in 80 bits."""
    return _spell(int.from_bytes(hashlib.sha256(event.encode()).digest()[:_EVENT_BYTES]), LENGTH)


def _spell(number: int, length: int) -> str:
    shifts = range((length - 1) * _BITS_PER_SIGN, -1, -_BITS_PER_SIGN)
    return "".join(ALPHABET[(number >> shift) & 31] for shift in shifts)
