"""From the provider's errors to ours: what passes, what does not, and what to do.

No text here carries a key, a prompt or a body. The provider's own message may quote what it was sent, so of it only what is
short and does not stand in the question is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from duo_flows.domain.errors import DuoFlowsError, NeverAgain, TryAgain
from duo_flows.domain.model_turns import CONVERSATION_TOO_LONG

# A server that asks for longer is not limiting us; it is confused.
LONGEST_WAIT = timedelta(days=1)

MESSAGE_MAX_LENGTH = 200
# As long as a common phrase: a longer run of the question's own text in an error is a quotation.
QUOTATION_LENGTH = 20

_SECRET = re.compile(r"\bsk-[\w-]+|[A-Za-z0-9+/_=-]{24,}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
# The provider has no type of its own for it. Source: its documentation of context windows, and its messages.
_TOO_LONG = re.compile(r"prompt is too long|context (window|limit|length)", re.IGNORECASE)
_TYPE = re.compile(r"[a-z_]{1,60}")
_REQUEST_ID = re.compile(r"[\w-]{1,100}")

_BAD_REQUEST = 400
_TOO_LARGE = 413
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500
# 408 and 409 are the provider's own passing states; the client library would try these again too.
_PASSING = frozenset({408, 409, _TOO_MANY_REQUESTS, 499})

_WHAT_TO_DO: Mapping[int, str] = {
    400: "The request is wrong: check the flow's model, tools and response schema.",
    401: "Set ANTHROPIC_API_KEY to a key that the provider accepts.",
    402: "The provider's account cannot pay: check its billing.",
    403: "The key may not do this: check its workspace and its permissions.",
    404: "The model or the address is not known there: check the flow's model and ANTHROPIC_BASE_URL.",
    _TOO_LARGE: "The conversation is larger than the provider takes: give the agent less to read.",
    422: "The request is wrong: check the flow's tools and response schema.",
}

# An error inside a stream comes with status 200; its type tells. What is not named here passes: the answer had already begun.
_STATUS_OF_TYPE: Mapping[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": _TOO_MANY_REQUESTS,
}


def fault_of(error: Exception, *, question: str) -> DuoFlowsError:
    """Return what an error of the client library means.

    Args:
        error: what the library, its HTTP client or its parsing raised.
        question: every text that was sent, to recognise a quotation.
    """
    import anthropic

    if isinstance(error, anthropic.APIStatusError):
        return _status_fault(error, question=question)
    if isinstance(error, anthropic.APITimeoutError):
        return TryAgain("Claude did not answer in time.")
    if isinstance(error, anthropic.APIConnectionError):
        return TryAgain(
            f"Claude cannot be reached ({type(error.__cause__ or error).__name__}); check ANTHROPIC_BASE_URL if it persists."
        )
    return TryAgain(f"Claude's answer broke off ({type(error).__name__}).")


def _status_fault(error: Any, *, question: str) -> DuoFlowsError:
    kind = _matched(_TYPE, error.type)
    is_inside_stream = error.status_code < 400  # noqa: PLR2004 - the first status of an error
    status = _STATUS_OF_TYPE.get(kind, _SERVER_ERRORS) if is_inside_stream else int(error.status_code)
    said = _told(error, kind=kind, question=question)
    if status in _PASSING:
        reason = "Claude limits our requests" if status == _TOO_MANY_REQUESTS else "Claude did not take the request"
        return TryAgain(f"{reason} {said}.", retry_after=_wait(error.response.headers))
    if status >= _SERVER_ERRORS:
        reason = "Claude's answer broke off" if is_inside_stream else "Claude is overloaded or down"
        return TryAgain(f"{reason} {said}.", retry_after=_wait(error.response.headers))
    is_too_long = status == _TOO_LARGE or (status == _BAD_REQUEST and _TOO_LONG.search(str(error.api_message)) is not None)
    what_to_do = _WHAT_TO_DO[_TOO_LARGE] if is_too_long else _WHAT_TO_DO.get(status, "Trying again would give the same.")
    code = CONVERSATION_TOO_LONG if is_too_long else f"claude_{status}"
    return NeverAgain(f"Claude refused the request {said}. {what_to_do}", code=code)


def _told(error: Any, *, kind: str, question: str) -> str:
    request_id = _matched(_REQUEST_ID, error.request_id)
    message = harmless(error.api_message, question=question)
    parts = [str(error.status_code), kind, f"request {request_id}" if request_id else "", message]
    return f"({', '.join(part for part in parts if part)})"


def _matched(pattern: re.Pattern[str], value: Any) -> str:
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""


def harmless(message: Any, *, question: str) -> str:
    """Return a provider's message as one short line without quotations and secrets; empty where it repeats the question."""
    if not isinstance(message, str):
        return ""
    line = " ".join(_SECRET.sub("[removed]", _QUOTED.sub("[quoted]", message)).split())[:MESSAGE_MAX_LENGTH]
    plain_question = " ".join(question.split())
    starts = range(max(1, len(line) - QUOTATION_LENGTH + 1))
    is_quotation = bool(plain_question) and any(line[at : at + QUOTATION_LENGTH] in plain_question for at in starts)
    return "" if is_quotation else line


def texts_of(value: Any) -> str:
    """Return every text inside a JSON value, joined: what an error could quote."""
    if isinstance(value, str):
        return value
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return "\n".join(texts_of(part) for part in parts)


def _wait(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long the provider asks us to wait; None where it does not say, or says nonsense."""
    for name, unit in (("retry-after-ms", timedelta(milliseconds=1)), ("retry-after", timedelta(seconds=1))):
        wait = _count(headers.get(name), unit)
        if wait is not None:
            return wait
    return _until(headers.get("retry-after"))


def _count(text: str | None, unit: timedelta) -> timedelta | None:
    try:
        wait = float(text or "") * unit
    except (ValueError, OverflowError):
        return None
    return wait if timedelta(0) <= wait <= LONGEST_WAIT else None


def _until(text: str | None) -> timedelta | None:
    try:
        wait = parsedate_to_datetime(text or "") - datetime.now(UTC)
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)
