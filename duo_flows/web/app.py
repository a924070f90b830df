"""The app: hooks, API and what works behind them, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from fastapi import FastAPI

from . import api, api_acts
from .callers import Callers
from .dispatcher import Dispatcher
from .health import health_router
from .hooks import hooks_router
from .metrics import DoorMetrics
from .problems import install_problems
from .reconciler import Reconciler
from .services import DoorServices

# A start may carry a flow's definition; hooks have a limit of their own, checked while reading.
_MAX_BODY_BYTES = 5 * 1024 * 1024

_DESCRIPTION = """\
Runs GitLab Duo flows as durable workflows. You are who your GitLab token says: send it as header `PRIVATE-TOKEN` (or as a bearer).

Every refusal is `application/problem+json` with a `code` for programs and a `detail` for people. A session that you may not read
looks like one that does not exist.
"""


def create_app(services: DoorServices) -> FastAPI:
    """Return the door. Its dispatcher and reconciler run as long as its lifespan."""
    metrics = DoorMetrics()
    dispatcher = Dispatcher(services, metrics=metrics)
    reconciler = Reconciler(services, wake=dispatcher.wake)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for work in (dispatcher.run(), reconciler.run()):
                stack.push_async_callback(_ended, asyncio.create_task(work))
            yield

    app = FastAPI(title="duo-flows", version="1", description=_DESCRIPTION, lifespan=lifespan, max_body_size=_MAX_BODY_BYTES)
    app.state.services = services
    app.state.callers = Callers(services)
    app.state.dispatcher = dispatcher
    app.state.reconciler = reconciler
    install_problems(app, metrics)
    app.include_router(api.router)
    app.include_router(api_acts.router)
    app.include_router(hooks_router(services, metrics=metrics, wake=dispatcher.wake))
    app.include_router(health_router(services, metrics))
    return app


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
