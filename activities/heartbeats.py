"""Heartbeats of tool calls: they tell Temporal that this worker lives, so that the call of a dead one is taken up soon (F6).

Only that is told here. Whether the outside still answers is for the time limits of its own clients.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio import activity

# Two beats may be lost, and the third still comes before the timeout.
_BEATS_PER_TIMEOUT = 4


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Beat for as long as the block runs, if this activity is to beat at all."""
    timeout = activity.info().heartbeat_timeout
    if timeout is None:
        yield
        return
    beats = asyncio.create_task(_beat(timeout.total_seconds() / _BEATS_PER_TIMEOUT))
    try:
        yield
    finally:
        beats.cancel()


async def _beat(pause_seconds: float) -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(pause_seconds)
