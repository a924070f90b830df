"""GitLab's refusals, in GitLab's own JSON.

The law of this module: one function per shape of error; nothing here knows why a request was refused.
GitLab answers `{"message": "404 ..."}` for most things, `{"message": {field: [reason]}}` when a record is not
valid, and `{"error": "..."}` when a parameter is missing or wrong.
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """The request is refused with this status and this JSON."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def unauthorized() -> ApiError:
    """No token, or one that nobody holds."""
    return ApiError(401, {"message": "401 Unauthorized"})


def forbidden(reason: str = "") -> ApiError:
    """The user is known and may not do this."""
    return ApiError(403, {"message": f"403 Forbidden - {reason}" if reason else "403 Forbidden"})


def not_found(what: str = "") -> ApiError:
    """There is no such thing, or none that this user may know of."""
    return ApiError(404, {"message": f"404 {what} Not Found" if what else "404 Not found"})


def not_allowed() -> ApiError:
    """The thing is in a state in which this cannot be done."""
    return ApiError(405, {"message": "405 Method Not Allowed"})


def conflict(message: str) -> ApiError:
    """Somebody else was there before."""
    return ApiError(409, {"message": message})


def invalid(**fields: str) -> ApiError:
    """The record would not be valid; each field with its reason."""
    return ApiError(400, {"message": {name: [reason] for name, reason in fields.items()}})


def refused(message: str, *, status: int = 400) -> ApiError:
    """The act is refused with a sentence."""
    return ApiError(status, {"message": message})


def bad_parameter(reason: str) -> ApiError:
    """A parameter is missing or has a value that is not allowed."""
    return ApiError(400, {"error": reason})
