"""Signatures of doors: HMAC-SHA256 over the canonical form of a message.

A message names the workflow it is for, so that a signed one cannot be played to another. Pure: the key is handed in, and stays in
the processes that sign and verify; it never reaches a workflow.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TypeVar

from duo_flows.domain.canonical import canonical_json
from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.model import Model

from .messages import Answer, Pause, Resume, StartFlow, Stop

Signed = TypeVar("Signed", StartFlow, Answer, Stop, Pause, Resume)

# Versioned, so that another form of signature can be told apart from this one.
_PREFIX = "v1="


def sign(message: Signed, key: bytes) -> Signed:
    """Return the message with its signature.

    Raises:
        NeverAgain: the key is empty, and anybody could sign with that.
    """
    if not key:
        raise NeverAgain("There is no key to sign with. Set DUOFLOWS_SIGNING_KEY.", code="no_signing_key")
    return message.model_copy(update={"signature": _signature(message, key)})


def is_signed(message: StartFlow | Answer | Stop | Pause | Resume, key: bytes) -> bool:
    """Tell whether the message carries this key's signature over exactly this content; nothing is signed with an empty key."""
    given = message.signature.encode("utf-8", "surrogatepass")
    return bool(key) and hmac.compare_digest(given, _signature(message, key).encode())


def _signature(message: Model, key: bytes) -> str:
    content = message.model_dump(mode="json", exclude={"signature"})
    named = {"type": type(message).__name__, **content}
    return _PREFIX + hmac.new(key, canonical_json(named), hashlib.sha256).hexdigest()
