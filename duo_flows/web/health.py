"""Whether the door lives, whether it can work, and what it counted. Open to whoever reaches it; tells nothing of sessions."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from duo_flows.domain.errors import DuoFlowsError
from duo_flows.domain.sessions import SessionFilter

from .metrics import DoorMetrics
from .services import DoorServices


def health_router(services: DoorServices, metrics: DoorMetrics) -> APIRouter:
    """Return the routes for whatever runs the door."""
    router = APIRouter(tags=["operation"])

    @router.get("/healthz")
    async def is_alive() -> dict[str, str]:
        """Tell that the process answers."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def is_ready() -> Response:
        """Tell whether store and Temporal answer; 503 if one does not."""
        parts = {"store": await _store_answers(services), "temporal": await services.temporal.is_reachable()}
        return JSONResponse(parts, status_code=200 if all(parts.values()) else 503)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def show_metrics() -> Response:
        """Show the door's counters in Prometheus' text form."""
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router


async def _store_answers(services: DoorServices) -> bool:
    try:
        await services.sessions.sessions(SessionFilter(limit=1))
    except DuoFlowsError:
        return False
    return True
