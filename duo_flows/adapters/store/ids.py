"""Session ids: opaque, sorting by time, and short enough to type into a comment."""

from __future__ import annotations

import os
from datetime import UTC, datetime

# Crockford's base 32 in lower case: no i, l, o or u, so that an id can be read aloud and never spells a word.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_BITS_PER_SIGN = 5
# 45 bits of milliseconds since 1970 last for a thousand years; 35 random bits keep ids of one millisecond apart.
_TIME_LENGTH = 9
_RANDOM_LENGTH = 7
LENGTH = _TIME_LENGTH + _RANDOM_LENGTH


def new_id(now: datetime) -> str:
    """Return a fresh id of 16 signs. An id made a millisecond later sorts after it.

    Args:
        now: an aware datetime.
    """
    milliseconds = int(now.astimezone(UTC).timestamp() * 1000)
    return _spell(milliseconds, _TIME_LENGTH) + _spell(int.from_bytes(os.urandom(5)), _RANDOM_LENGTH)


def _spell(number: int, length: int) -> str:
    shifts = range((length - 1) * _BITS_PER_SIGN, -1, -_BITS_PER_SIGN)
    return "".join(ALPHABET[(number >> shift) & 31] for shift in shifts)
