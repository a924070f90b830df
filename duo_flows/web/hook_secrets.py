"""Proof that a hook comes from GitLab and from the project it names: Standard Webhooks signatures, or the older plain token.

One file per project holds its secrets, one a line, so that a secret can be changed without losing a delivery. A signing secret
(`whsec_…`) only ever verifies signatures: it is never accepted when sent as a token.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from duo_flows.domain.errors import Refused

_SIGNING_PREFIX = "whsec_"
# Standard Webhooks' own tolerance, for clocks that differ and deliveries on their way.
_TOLERANCE = timedelta(minutes=5)
# Seconds since 1970 for the next thirty thousand years; a longer number is no time, and can be too large to compute with.
_TIMESTAMP_MAX_LENGTH = 12
# Stops a flood of made-up project numbers from filling the memory.
_MAX_REMEMBERED_FILES = 1_000


class HookSecrets:
    """The secrets of the projects' hooks, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._remembered: dict[int, tuple[tuple[int, int], tuple[str, ...]]] = {}

    def of(self, project_id: int) -> tuple[str, ...]:
        """Return the secrets of a project, none if it has no file. A changed file is read again at once."""
        path = self._folder / str(project_id)
        try:
            stat = path.stat()
            version = (stat.st_mtime_ns, stat.st_size)
            version_then, secrets = self._remembered.get(project_id, ((0, 0), ()))
            if version != version_then:
                secrets = tuple(line.strip() for line in path.read_text(errors="replace").splitlines() if line.strip())
                self._remember(project_id, version, secrets)
        except OSError:
            return ()
        return secrets

    def _remember(self, project_id: int, version: tuple[int, int], secrets: tuple[str, ...]) -> None:
        if len(self._remembered) >= _MAX_REMEMBERED_FILES:
            self._remembered.clear()
        self._remembered[project_id] = (version, secrets)


def check_hook(headers: Mapping[str, str], body: bytes, *, secrets: tuple[str, ...], now: datetime) -> None:
    """Return if the delivery is proven.

    Args:
        headers: the request's headers; names are looked up in lower case.
        body: the raw body, as it came.
        secrets: the secrets of the project that the body names.
        now: the present.

    Raises:
        Refused: it is not; the reason says what is missing and never what would be right.
    """
    if not secrets:
        raise _forged("no hook secret is known for this project; put one into the folder of hook secrets")
    signing = [secret for secret in secrets if secret.startswith(_SIGNING_PREFIX)]
    if signing and "webhook-signature" in headers:
        _check_signature(headers, body, signing, now)
        return
    plain = [secret for secret in secrets if not secret.startswith(_SIGNING_PREFIX)]
    _check_token(headers.get("x-gitlab-token", ""), plain)


def signature_of(secret: str, *, delivery_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a delivery, as it stands in `webhook-signature`.

    Source: Standard Webhooks; GitLab docs, user/project/integrations/webhooks, "Signing tokens".
    """
    key = base64.b64decode(secret.removeprefix(_SIGNING_PREFIX) + "==")
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _check_signature(headers: Mapping[str, str], body: bytes, secrets: list[str], now: datetime) -> None:
    delivery_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    is_a_time = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_MAX_LENGTH
    if not delivery_id or not is_a_time:
        raise _forged("webhook-id or webhook-timestamp is missing")
    given = [part.encode() for part in headers["webhook-signature"].split(" ")]
    expected = [_expected(secret, delivery_id, timestamp, body) for secret in secrets]
    if not any(hmac.compare_digest(one, other) for one in given for other in expected):
        raise _forged("the signature does not fit this project's secret")
    if abs(now.timestamp() - int(timestamp)) > _TOLERANCE.total_seconds():
        raise Refused("The hook is refused: its timestamp is more than five minutes off.", code="stale_hook")


def _expected(secret: str, delivery_id: str, timestamp: str, body: bytes) -> bytes:
    try:
        return signature_of(secret, delivery_id=delivery_id, timestamp=timestamp, body=body).encode()
    except binascii.Error:
        raise _forged("the secret in this project's file is not a whsec_ one as GitLab gives it") from None


def _check_token(given: str, secrets: list[str]) -> None:
    if not secrets:
        raise _forged("this project's secret signs, and the delivery has no webhook-signature")
    if not given:
        raise _forged("X-Gitlab-Token is missing")
    if not any(hmac.compare_digest(given.encode(), secret.encode()) for secret in secrets):
        raise _forged("X-Gitlab-Token does not fit this project's secret")


def _forged(reason: str) -> Refused:
    return Refused(f"The hook is refused: {reason}.", code="forged_hook")
