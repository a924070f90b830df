"""Refusals over HTTP: every one is `application/problem+json` (RFC 9457) with a `code` for programs and a `detail` for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from duo_flows.domain.errors import DuoFlowsError, NeverAgain, NotFound, Refused, TryAgain

from .metrics import DoorMetrics

MEDIA_TYPE = "application/problem+json"

# What a refusal's code means in HTTP's words. A refusal that is not named here came at the wrong time: 409.
_STATUS_OF_CODE: Mapping[str, int] = {
    "unauthorized": 401,
    "bad_token": 401,
    "forbidden": 403,
    "not_the_requester": 403,
    "access_too_low": 403,
    "not_found": 404,
    "invalid_request": 422,
    "unknown_flow": 422,
}
_TITLES: Mapping[int, str] = {
    401: "Who is calling is not proven",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Not now",
    413: "Too large",
    422: "The request is not right",
    500: "A fault of ours",
    503: "Try again",
}


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(examples=["Not allowed"])
    status: int = Field(examples=[403])
    code: str = Field(description="A stable word for programs.", examples=["not_the_requester"])
    detail: str = Field(description="What is wrong and what to do, for people.")


# For the OpenAPI document: what every endpoint may answer.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": title}
    for status, title in _TITLES.items()
    if status in {401, 403, 404, 409, 422, 503}
}


def problem(status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a refusal as a response."""
    body = Problem(title=_TITLES.get(status, "Refused"), status=status, code=code, detail=detail)
    return JSONResponse(body.model_dump(), status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def install_problems(app: FastAPI, metrics: DoorMetrics) -> None:
    """Make every error of the app a problem."""

    async def on_ours(_request: Request, error: Exception) -> JSONResponse:
        return _counted(metrics, _problem_of(error))

    async def on_invalid(_request: Request, error: Exception) -> JSONResponse:
        faults = error.errors() if isinstance(error, RequestValidationError) else []
        detail = "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in faults)
        return _counted(metrics, problem(422, "invalid_request", detail))

    async def on_http(_request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = str(error.detail) if isinstance(error, HTTPException) else ""
        return _counted(metrics, problem(status, _TITLES.get(status, "refused").lower().replace(" ", "_"), detail))

    async def on_fault(_request: Request, error: Exception) -> JSONResponse:
        # Starlette raises it again behind the answer, and so into the log.
        return _counted(metrics, _problem_of(error))

    app.add_exception_handler(DuoFlowsError, on_ours)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_fault)


def _problem_of(error: Exception) -> JSONResponse:
    match error:
        case Refused():
            return problem(_STATUS_OF_CODE.get(error.code, 409), error.code, str(error), headers=_challenge(error.code))
        case NotFound():
            return problem(404, "not_found", str(error))
        case NeverAgain():
            return problem(422, error.code, str(error))
        case TryAgain():
            seconds = error.retry_after.total_seconds() if error.retry_after else 5
            return problem(503, "try_again", f"{error} Please try again.", headers={"Retry-After": f"{seconds:.0f}"})
        case _:
            return problem(500, "fault", "Something went wrong here; the log of the web app tells what.")


def _challenge(code: str) -> dict[str, str]:
    return {"WWW-Authenticate": "Bearer"} if _STATUS_OF_CODE.get(code) == 401 else {}  # noqa: PLR2004 - HTTP's number


def _counted(metrics: DoorMetrics, response: JSONResponse) -> JSONResponse:
    metrics.refusals.labels(status=str(response.status_code)).inc()
    return response
