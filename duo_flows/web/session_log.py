"""Following a session log from any line: by waiting a little for the next page, or as a stream of events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from fastapi.sse import ServerSentEvent

from duo_flows.domain.log_events import is_curated as is_curated_line
from duo_flows.domain.sessions import FINAL_STATUSES

from .api_models import LogPage
from .services import DoorServices

# How often the store is looked at while somebody follows: quick for a person who watches, nothing for the store.
_LOOK_EVERY = timedelta(milliseconds=500)
# A stream ends after this long and the client comes back with the last id: so its right to read is checked again.
_STREAM_FOR = timedelta(minutes=10)


async def log_page(  # noqa: PLR0913 - which log, from where, how much, for how long, and what of it
    services: DoorServices, session_id: str, *, after: int, limit: int, wait_for: timedelta, is_curated: bool = False
) -> LogPage:
    """Return lines after `after`; if there are none yet, wait for the first up to `wait_for`.

    Of a curated log only the lines that its flow shows; `next_after` counts those that were passed over, too.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + wait_for.total_seconds()
    while True:
        page = await _page(services, session_id, after=after, limit=limit)
        has_more = len(page.entries) == limit
        page = _curated(page) if is_curated else page
        left = give_up_at - loop.time()
        if page.entries or page.is_over or left <= 0:
            return page
        after = page.next_after
        if has_more:
            continue
        await asyncio.sleep(min(_LOOK_EVERY.total_seconds(), left))


async def log_events(
    services: DoorServices, session_id: str, *, after: int, is_curated: bool = False
) -> AsyncIterator[ServerSentEvent]:
    """Yield each line as an event whose id is its `seq`, and `end` when the session is over and all is told."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + _STREAM_FOR.total_seconds()
    while loop.time() < give_up_at:
        page = await log_page(services, session_id, after=after, limit=500, wait_for=timedelta(seconds=10), is_curated=is_curated)
        for entry in page.entries:
            yield ServerSentEvent(data=entry.model_dump(mode="json"), event="entry", id=str(entry.seq))
        after = page.next_after
        if page.is_over:
            yield ServerSentEvent(data={"next_after": after}, event="end", id=str(after))
            return


def _curated(page: LogPage) -> LogPage:
    return page.model_copy(update={"entries": [line for line in page.entries if is_curated_line(line)]})


async def _page(services: DoorServices, session_id: str, *, after: int, limit: int) -> LogPage:
    # The status is read first: a session that is over writes no more lines, so an empty page after that is the last.
    session = await services.sessions.session(session_id)
    entries = await services.sessions.log(session_id, after=after, limit=limit)
    is_over = session.status in FINAL_STATUSES and len(entries) < limit
    return LogPage(entries=list(entries), next_after=entries[-1].seq if entries else after, is_over=is_over)
