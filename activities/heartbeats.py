"""Heartbeats of tool calls and model turns: by them Temporal knows that this worker lives, and takes up a dead one's work (F6).

Only that is told here. Whether the outside still answers is for the time limits of its own clients.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import activity

# Two beats may be lost, and the third still comes before the timeout.
_BEATS_PER_TIMEOUT = 4


@asynccontextmanager
async def beating(*, every: timedelta | None = None) -> AsyncIterator[None]:
    """Beat for as long as the block runs, if this activity is to beat at all; `every` is how often at least."""
    timeout = activity.info().heartbeat_timeout
    pauses = [pause for pause in (every, timeout and timeout / _BEATS_PER_TIMEOUT) if pause]
    if not pauses:
        yield
        return
    beats = asyncio.create_task(_beat(min(pauses).total_seconds()))
    try:
        yield
    finally:
        beats.cancel()
        await asyncio.gather(beats, return_exceptions=True)


async def _beat(pause_seconds: float) -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(pause_seconds)
