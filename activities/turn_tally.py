"""What stands beside a model turn while it runs: a tally of what it has cost, and a sign of life.

Both end with the turn, however it ends. What is asked and what comes of the answer is not known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import activity

from duo_flows.domain.model_turns import TurnProgress
from duo_flows.domain.ports import SessionStore, TurnKey
from duo_flows.domain.sessions import Usage

from .heartbeats import beating

# A model may think for minutes without an event that its library passes on. Several times within the heartbeat timeout, which then
# only ends turns whose worker is gone; a dead connection is found by the planner's own timeout.
HEARTBEAT_INTERVAL = timedelta(seconds=10)


class TurnTally:
    """What one attempt at a turn has used. From the provider's first word on it is paid for, whether or not its answer arrives."""

    def __init__(self, sessions: SessionStore, key: TurnKey, *, attempt: int) -> None:
        self._sessions = sessions
        self._key = key
        self._attempt = attempt
        self._first_note: asyncio.Task[None] | None = None
        self._used = Usage()

    def on_progress(self, progress: TurnProgress) -> None:
        """Take how far the turn is; the first sign that it is paid for is recorded at once."""
        activity.heartbeat(progress.output_tokens)
        self._used = progress.usage
        if self._used.turns and self._first_note is None:
            self._first_note = asyncio.create_task(self._note())

    async def close(self) -> None:
        """Record what the attempt has used in the end; nothing, if the provider never began to answer."""
        if self._first_note is not None:
            await self._first_note
            await self._note()

    async def _note(self) -> None:
        await self._sessions.note_turn(self._key, attempt=self._attempt, usage=self._used)


@asynccontextmanager
async def watched_turn(
    sessions: SessionStore, key: TurnKey, *, heartbeat_interval: timedelta = HEARTBEAT_INTERVAL
) -> AsyncIterator[TurnTally]:
    """Yield the tally of this attempt, and heartbeat for as long as the block lasts."""
    tally = TurnTally(sessions, key, attempt=activity.info().attempt)
    async with beating(every=heartbeat_interval):
        try:
            yield tally
        finally:
            await tally.close()
