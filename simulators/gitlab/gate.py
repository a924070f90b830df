"""What every request passes before and after its endpoint: faults, rate-limit headers, the form of paths.

The law of this module: pure ASGI around the whole application. It knows no resource.
"""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from typing import TYPE_CHECKING, Any

from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from simulators.gitlab.faults import Fault, Faults

LIMIT_PER_MINUTE = 2000  # gitlab.com's limit for authenticated calls; told in headers, enforced by faults alone
CONTROL = "/-/simulator"
API = "/api/v4/"


class Gate:
    """Applies faults, then hands the request on with its API path still encoded."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults
        self._window, self._seen = 0, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A file's or branch's name arrives as one segment with %2F inside; decoding early would tear it apart.
        raw = scope.get("raw_path", b"").decode("latin-1").split("?")[0]
        if raw.startswith(API):
            scope = {**scope, "path": raw}
        fault = None if raw.startswith(CONTROL) else self._faults.take(scope["method"], scope["path"])
        send = self._with_headers(send)
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await self._misbehave(fault, scope, receive, send)

    async def _misbehave(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(fault.delay_ms / 1000)
        answers = not fault.drop_connection and fault.status is None
        if answers or fault.apply_first:
            await self._app(scope, receive, send if answers else _swallow)
        if fault.drop_connection:
            _drop(send)
        elif fault.status is not None:
            await _answer(fault)(scope, receive, send)

    def _with_headers(self, send: Send) -> Send:
        minute = int(time.time() // 60)
        self._seen = self._seen + 1 if minute == self._window else 1
        self._window = minute
        observed, reset = self._seen, (minute + 1) * 60

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = uuid.uuid4().hex
                headers["RateLimit-Name"] = "throttle_authenticated_api"
                headers["RateLimit-Limit"] = str(LIMIT_PER_MINUTE)
                headers["RateLimit-Observed"] = str(observed)
                headers["RateLimit-Remaining"] = str(max(0, LIMIT_PER_MINUTE - observed))
                headers["RateLimit-Reset"] = str(reset)
            await send(message)

        send_with_headers.transport_of = send  # type: ignore[attr-defined]
        return send_with_headers


async def _swallow(message: Message) -> None:
    """The answer of a request whose answer gets lost."""


def _answer(fault: Fault) -> Response:
    status = fault.status or 500
    headers = {} if fault.retry_after is None else {"Retry-After": f"{math.ceil(fault.retry_after)}"}
    if status == 429:  # noqa: PLR2004
        return PlainTextResponse("Retry later\n", status_code=status, headers=headers)
    body: dict[str, Any] = {"message": f"{status} Internal Server Error" if status == 500 else f"{status} (simulated)"}  # noqa: PLR2004
    return JSONResponse(body, status_code=status, headers=headers)


def _drop(send: Send) -> None:
    """Close the socket without an answer. uvicorn's `send` is a method of the object that holds the transport."""
    cycle = getattr(getattr(send, "transport_of", send), "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is not None:
        transport.abort()
