"""The application: routes, gate and life of one stand-in.

The law of this module: it puts the parts together and translates refusals to HTTP; it decides nothing.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from simulators.gitlab import git_http
from simulators.gitlab.errors import ApiError
from simulators.gitlab.gate import Gate
from simulators.gitlab.pages import views
from simulators.gitlab.routes import ROUTERS, control

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

    from simulators.gitlab.simulator import Simulator

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def build_app(simulator: Simulator) -> ASGIApp:
    """The whole stand-in as one ASGI application."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await simulator.deliveries.start()
        await simulator.runner.start()
        yield
        await simulator.runner.stop()
        await simulator.deliveries.stop()

    app = FastAPI(title="GitLab stand-in", docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    app.state.simulator = simulator
    app.add_exception_handler(ApiError, _refuse)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v4")
    app.add_api_route("/api/v4/{rest:path}", _no_endpoint, methods=list(METHODS), response_model=None)
    app.include_router(control.router)
    app.include_router(git_http.router)
    app.include_router(views.router)  # last: its final route takes any path for a project
    return Gate(app, simulator.faults)


async def _no_endpoint(_: Request) -> Response:
    return JSONResponse({"error": "404 Not Found"}, status_code=404)


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for that class alone
    return JSONResponse(error.body, status_code=error.status)
