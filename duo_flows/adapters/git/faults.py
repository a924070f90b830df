"""What git's and the remote's words mean for us.

The law of this module: it reads what git printed (in the C locale) and turns it into one of the domain's errors. No message carries
a URL or a secret; of the remote's words only GitLab's own `remote:` lines are passed on, cleaned and capped.
"""

from __future__ import annotations

import re
from enum import Enum

from duo_flows.domain.errors import DuoFlowsError, NeverAgain, NotFound, Refused, TryAgain
from duo_flows.domain.redaction import redact

_STATUS = re.compile(r"returned error: ([0-9]{3})|HTTP ([0-9]{3})")
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY, _SERVER_ERROR = 401, 403, 404, 429, 500

_TOKEN_WORDS = ("could not read Username", "could not read Password", "Authentication failed", "HTTP Basic: Access denied")

# git and libcurl have no codes for these; each passes by itself.
_PASSING_WORDS = (
    "Could not resolve host",
    "Couldn't connect",
    "Failed to connect",
    "Connection refused",
    "Connection reset",
    "Connection timed out",
    "Operation timed out",
    "Operation too slow",
    "Empty reply from server",
    "hung up unexpectedly",
    "early EOF",
    "unexpected disconnect",
    "RPC failed",
    "transfer closed",
    "Recv failure",
    "Send failure",
    # GitLab's hook could not ask GitLab; the push itself was not judged.
    "Internal API error",
    "Internal API unreachable",
)

# How git and a remote say that the branch is not where we saw it.
_MOVED_WORDS = (
    "non-fast-forward",
    "fetch first",
    "stale info",
    "failed to update ref",
    "failed to lock",
    "cannot lock ref",
    "incorrect old value",
    "reference already exists",
)

# GitLab frames its message with rules and blank lines; what matters are a few sentences.
_REASON_MAX_LINES = 6
_REASON_MAX_LENGTH = 600


class PushAnswer(Enum):
    """What a remote did with a push that it answered."""

    TAKEN = "taken"
    MOVED = "moved"
    REFUSED = "refused"


def push_answer(porcelain: str) -> PushAnswer | None:
    """Return what `git push --porcelain` says of its one branch; None where the remote never came to answering."""
    line = next((line for line in porcelain.splitlines() if line[1:2] == "\t"), "")
    if not line:
        return None
    if not line.startswith("!"):
        return PushAnswer.TAKEN
    is_moved = any(words in line for words in _MOVED_WORDS)
    return PushAnswer.MOVED if is_moved else PushAnswer.REFUSED


def refusal(err: str, *, branch: str) -> DuoFlowsError:
    """Return the error for a push that GitLab has looked at and not let in."""
    if _is_passing(err):
        return TryAgain(f"GitLab could not check the push to {branch!r} at this moment.")
    reason = remote_words(err) or "it gave no reason; is the branch protected?"
    return Refused(f"GitLab did not let the service account push to {branch!r}: {reason}", code="push_refused")


def translated(err: str, *, what: str, is_push: bool = False) -> DuoFlowsError:
    """Return the error for a command that did not reach its end at the remote.

    Args:
        err: what git printed to standard error.
        what: what it was about, as a noun phrase (`project shop/api`).
        is_push: whether something was to be written, so that being forbidden is a refusal.
    """
    status = _status_of(err)
    if status == _UNAUTHORIZED or any(words in err for words in _TOKEN_WORDS):
        return NeverAgain(
            "GitLab's git does not accept the service account's token: set GITLAB_TOKEN to a valid token with the scope `api` "
            "or `write_repository`.",
            code="token_not_accepted",
        )
    if status == _TOO_MANY or status >= _SERVER_ERROR or (status == 0 and _is_passing(err)):
        return TryAgain(f"GitLab's git could not be reached, or broke off, over {what}.")
    reason = f" GitLab says: {words}" if (words := remote_words(err)) else ""
    if status == _FORBIDDEN:
        message = f"GitLab does not let the service account reach {what}; check its role in the project.{reason}"
        return Refused(message, code="push_refused") if is_push else NeverAgain(message, code="forbidden")
    if status == _NOT_FOUND or re.search(r"repository '.*' not found", err):
        return NotFound(f"GitLab has no {what}, or the service account cannot see its repository.")
    return NeverAgain(f"git failed over {what}: {reason.strip() or _own_words(err)}", code="git_failed")


def _status_of(err: str) -> int:
    match = _STATUS.search(err)
    return int(match[1] or match[2]) if match else 0


def _is_passing(err: str) -> bool:
    return any(words in err for words in _PASSING_WORDS)


def remote_words(err: str) -> str:
    """Return what the remote said, in one line: without frames, control characters and secrets, and capped."""
    lines = [line.removeprefix("remote:").strip() for line in err.splitlines() if line.startswith("remote:")]
    telling = [line for line in lines if any(sign.isalnum() for sign in line)]
    return _cleaned(" ".join(telling[:_REASON_MAX_LINES]))


def _own_words(err: str) -> str:
    lines = [line for line in err.splitlines() if line.startswith(("fatal:", "error:"))]
    return _cleaned(re.sub(r"\S+://\S+", "<url>", " ".join(lines[:2]))) or "it gave no reason"


def _cleaned(text: str) -> str:
    line = "".join(sign if sign.isprintable() else " " for sign in redact(text)).strip()
    return line if len(line) <= _REASON_MAX_LENGTH else line[: _REASON_MAX_LENGTH - 1] + "…"
