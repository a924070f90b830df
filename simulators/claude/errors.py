"""The API's errors: a status, a type and a sentence, in the shape that clients read."""

from __future__ import annotations

from typing import Any

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
"""Status to type. Source: https://platform.claude.com/docs/en/api/errors"""


class ApiError(Exception):
    """A request is answered with an error. `retry_after` is in seconds and becomes a header."""

    def __init__(self, status: int, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after

    @property
    def type(self) -> str:
        """The API's word for this status."""
        return ERROR_TYPES.get(self.status, "api_error")

    def body(self, request_id: str) -> dict[str, Any]:
        """The response's JSON."""
        return {"type": "error", "error": {"type": self.type, "message": self.message}, "request_id": request_id}


def invalid(message: str) -> ApiError:
    """A 400: the request itself is wrong."""
    return ApiError(400, message)


class CutShortError(Exception):
    """The script asks for a connection that breaks. Ends the response without its last chunk, as a lost connection does."""
