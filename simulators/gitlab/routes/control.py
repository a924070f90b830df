"""The stand-in's own controls, below `/-/simulator`: faults and lost hooks. No GitLab has these."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from simulators.gitlab.errors import bad_parameter

if TYPE_CHECKING:
    from simulators.gitlab.simulator import Simulator

router = APIRouter(prefix="/-/simulator")


async def _asked(request: Request) -> dict[str, Any]:
    try:
        asked = json.loads(await request.body())
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise bad_parameter("The body has to be a JSON object")
    return asked


@router.get("/faults", response_model=None)
async def list_faults(request: Request) -> Response:
    """Every fault, with how often it was met."""
    return JSONResponse(_simulator(request).faults.listing())


@router.post("/faults", response_model=None)
async def add_fault(request: Request) -> Response:
    """Let something go wrong."""
    return JSONResponse(_simulator(request).faults.add(await _asked(request)), status_code=201)


@router.delete("/faults", response_model=None)
async def clear_faults(request: Request) -> Response:
    """Let all go well again."""
    _simulator(request).faults.clear()
    return Response(status_code=204)


@router.get("/hooks", response_model=None)
async def hook_state(request: Request) -> Response:
    """Whether hooks are being lost."""
    return JSONResponse({"paused": _simulator(request).deliveries.paused})


@router.post("/hooks", response_model=None)
async def pause_hooks(request: Request) -> Response:
    """Lose every hook from now on (`paused: true`), or send them again."""
    paused = (await _asked(request)).get("paused")
    if not isinstance(paused, bool):
        raise bad_parameter("paused has to be true or false")
    _simulator(request).deliveries.paused = paused
    return JSONResponse({"paused": paused})


def _simulator(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator
