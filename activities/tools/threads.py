"""Threads as tools show them: only what people wrote, and only what the requester may read (S5)."""

from __future__ import annotations

from duo_flows.domain.discussions import Discussion, readable
from duo_flows.domain.pipelines import NoteTarget

from .calls import ToolCallContext


async def readable_threads(call: ToolCallContext, target: NoteTarget) -> tuple[Discussion, ...]:
    """Return the threads of an issue or merge request, oldest first."""
    threads = await call.deps.reader.discussions(target)
    kept = (readable(thread, level=call.place.level, person_id=call.scope.requester_id) for thread in threads)
    return tuple(thread for thread in kept if thread is not None)
