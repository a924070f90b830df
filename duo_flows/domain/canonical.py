"""The canonical form of a value, and its digest.

Two values have the same digest exactly when they mean the same: key order and spacing do not count. Everything a person consents to
is named by this digest. Text is taken as it is: a file that differs only in its Unicode form is a different file.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

# Short enough to type into a comment, long enough (48 bits) that nobody finds a second change with the same prefix
# within the life of one question. The full digest is always what is stored and enforced.
DIGEST_PREFIX_LENGTH = 12


def canonical_json(value: Any) -> bytes:
    """Return the one byte form of a JSON value: sorted keys, no spaces, UTF-8.

    Raises:
        ValueError: the value has NaN or an infinity, which JSON cannot carry.
        TypeError: the value is not made of JSON's types.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def digest_of(value: Any) -> str:
    """Return the SHA-256 of the canonical form, as 64 lower-case hex digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def digest_of_bytes(data: bytes) -> str:
    """Return the SHA-256 of raw bytes, as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()
