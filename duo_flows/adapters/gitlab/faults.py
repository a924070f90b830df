"""What GitLab's and the network's errors mean for us.

The law of this module: it turns an exception into one of the domain's errors and does nothing else. No message carries a token, a
URL or an answer's body beyond GitLab's own short reason.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import gitlab
import requests

from duo_flows.domain.errors import DuoFlowsError, NeverAgain, NotFound, Refused, TryAgain
from duo_flows.domain.redaction import redact
from duo_flows.domain.written_texts import one_line

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _TOO_MANY = 401, 403, 404, 409, 429
_REDIRECTS, _REQUEST_TIMEOUT, _SERVER_ERROR = range(300, 400), 408, 500

# A sentence of GitLab's fits; a page of HTML from some proxy does not.
_REASON_MAX_LENGTH = 300

# GitLab's limits are per minute or per hour; a longer wait is a clock that is wrong, or a hostile header.
_LONGEST_WAIT = timedelta(hours=1)

TOKEN_ADVICE = "the service account's token is not accepted: set GITLAB_TOKEN to a valid token with the scope `api`"  # noqa: S105 - advice


def translated(error: Exception, *, what: str, headers: Mapping[str, str], is_write: bool = False) -> DuoFlowsError:
    """Return the domain's error for anything that a call of GitLab may raise.

    Args:
        error: what was raised.
        what: what was asked for, as a noun phrase without an article (`pipeline 12 of project 3`).
        headers: the answer's headers, names in lower case; empty where there was no answer.
        is_write: whether something was to be written, so that being forbidden is a refusal and not a fault of the set-up.
    """
    if isinstance(error, DuoFlowsError):
        return error
    if isinstance(error, gitlab.GitlabHttpError | gitlab.GitlabAuthenticationError):
        return _of_status(error, what=what, headers=headers, is_write=is_write)
    if isinstance(error, requests.Timeout):
        return TryAgain(f"GitLab did not answer in time about {what}.")
    if isinstance(error, requests.exceptions.SSLError):
        return NeverAgain("GitLab's certificate is not accepted; check GITLAB_URL and the certificates of this host.", code="tls")
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return TryAgain(f"The connection to GitLab failed or broke off over {what}.")
    return NeverAgain(
        f"GitLab's answer about {what} could not be read ({type(error).__name__}); is GITLAB_URL the address of a GitLab?",
        code="bad_answer",
    )


def _of_status(error: gitlab.GitlabError, *, what: str, headers: Mapping[str, str], is_write: bool) -> DuoFlowsError:
    status = error.response_code or 0
    if _passes(status, error):
        wait = asked_wait(headers, is_limited=status == _TOO_MANY)
        return TryAgain(f"GitLab is busy or down: it answered {status} about {what}.", retry_after=wait)
    if status == _UNAUTHORIZED:
        return NeverAgain(f"GitLab answered 401 about {what}; {TOKEN_ADVICE}.", code="token_not_accepted")
    if status == _NOT_FOUND:
        return NotFound(f"GitLab has no {what}, or the service account cannot see it.")
    if status in _REDIRECTS:
        return NeverAgain(
            f"GitLab redirects {what} to another host, which was not followed; set GITLAB_URL to GitLab's own address.",
            code="redirected",
        )
    reason = f" GitLab says: {text}" if (text := said(error)) else ""
    if status == _FORBIDDEN:
        message = f"GitLab does not let the service account reach {what}; check its role in the project.{reason}"
        return Refused(message, code="forbidden") if is_write else NeverAgain(message, code="forbidden")
    return NeverAgain(f"GitLab answered {status} about {what}.{reason}", code="gitlab_refused")


def _passes(status: int, error: gitlab.GitlabError) -> bool:
    # GitLab answers 409 "Resource lock" while another request works on the same thing; other conflicts stay.
    is_locked = status == _CONFLICT and "resource lock" in said(error).lower()
    return is_locked or status in {_TOO_MANY, _REQUEST_TIMEOUT} or status >= _SERVER_ERROR


def said(error: gitlab.GitlabError) -> str:
    """Return GitLab's own reason: one line, capped, without secrets; empty where it gave none."""
    text = _text_of(error.error_message)
    if text.lstrip().startswith("<"):
        return ""
    line = one_line(redact(text))
    return line if len(line) <= _REASON_MAX_LENGTH else line[: _REASON_MAX_LENGTH - 1] + "…"


def _text_of(raw: Any) -> str:
    """Return GitLab's message as text: a sentence, raw bytes, or reasons by field."""
    if isinstance(raw, bytes):
        return raw.decode("utf-8", "replace")
    if isinstance(raw, dict):
        return "; ".join(f"{field} {_text_of(reasons)}" for field, reasons in raw.items())
    if isinstance(raw, list):
        return ", ".join(str(reason) for reason in raw)
    return str(raw or "")


def asked_wait(headers: Mapping[str, str], *, is_limited: bool) -> timedelta | None:
    """Return how long GitLab asked us to wait; None if it did not.

    Retry-After is seconds or a date. RateLimit-Reset, in epoch seconds, comes with every answer and means a wait only where we are
    limited.
    """
    seconds = _seconds_of(headers.get("retry-after", ""))
    if seconds is None and is_limited:
        reset = headers.get("ratelimit-reset", "")
        seconds = float(reset) - time.time() if reset.isdecimal() else None
    if seconds is None:
        return None
    # At least one second: a reset that lies in the past by a clock's difference still means "not now".
    return min(timedelta(seconds=max(1.0, min(seconds, _LONGEST_WAIT.total_seconds()))), _LONGEST_WAIT)


def _seconds_of(text: str) -> float | None:
    if text.isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()
