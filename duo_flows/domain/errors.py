"""The errors of duo-flows. An error's class says what to do next; its message is a sentence for the person who meets it.

Adapters translate the outside's errors into these; only the edges (an HTTP door, the command line, an activity's boundary) catch.
"""

from __future__ import annotations

from datetime import timedelta


class DuoFlowsError(Exception):
    """The base. `str(error)` is for people and never carries a secret, a prompt or a message body."""


class Refused(DuoFlowsError):  # noqa: N818 - a refusal is an answer, not a malfunction
    """Someone asked for what they may not have, or at the wrong time. Nothing was changed; asking again will not help.

    Args:
        reason: what to tell the person refused.
        code: a stable word for programs, such as `not_the_requester`.
    """

    def __init__(self, reason: str, *, code: str = "refused") -> None:
        super().__init__(reason)
        self.code = code


class NeverAgain(DuoFlowsError):  # noqa: N818 - named after what to do
    """A fault that does not pass: trying again gives the same. The session fails and says what to do.

    Args:
        reason: what is wrong.
        code: a stable word for programs, such as `not_found` or `invalid_definition`.
    """

    def __init__(self, reason: str, *, code: str = "fault") -> None:
        super().__init__(reason)
        self.code = code


class NotFound(NeverAgain):
    """What was asked for does not exist, or the service account cannot see it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="not_found")


class TryAgain(DuoFlowsError):  # noqa: N818 - named after what to do
    """A fault that passes: a server is down, busy or limiting us. Temporal's retry waits and tries again.

    Args:
        reason: what is wrong.
        retry_after: how long the other side asked us to wait; None if it did not say.
    """

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
