"""Signatures of thinking blocks: given with each block, and checked when a client sends it back."""

from __future__ import annotations

import base64
import hashlib
import hmac

_KEY = b"the Claude stand-in"
"""Not a secret: it shows that a block came back unchanged, also after the stand-in was restarted."""


def sign(thinking: str) -> str:
    """The signature of a thinking text as it was sent (an omitted one is empty)."""
    return base64.b64encode(hmac.digest(_KEY, thinking.encode(), hashlib.sha256)).decode()


def is_signed(thinking: str, *, signature: str) -> bool:
    """Tell whether this text was sent with this signature."""
    return hmac.compare_digest(sign(str(thinking)), str(signature))
