"""The reconciler: reads GitLab for comments that hooks missed, where a question is open.

What it finds goes into the inbox under the comment's own key, so that a comment found twice acts once. It looks only at items whose
sessions wait for a person: a missed `fix`, or a comment on an item without an open question, has to be written again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from duo_flows.domain.errors import DuoFlowsError
from duo_flows.domain.inbox import DeliveryKind
from duo_flows.domain.pipelines import NoteTarget, note_target_of
from duo_flows.domain.sessions import SessionFilter, SessionStatus

from .comments import Comments
from .faults import fault_text
from .services import DoorServices

_PAGE = 200
# Between two items, so that a thousand open questions are no burst on GitLab.
_PAUSE_SECONDS = 0.05
_WAITING = (
    SessionStatus.INPUT_REQUIRED,
    SessionStatus.TOOL_CALL_APPROVAL_REQUIRED,
    SessionStatus.PLAN_APPROVAL_REQUIRED,
)

_log = logging.getLogger(__name__)


class Reconciler:
    """Looks at every item with an open question, again and again."""

    def __init__(self, services: DoorServices, *, wake: Callable[[], None]) -> None:
        self._services = services
        self._comments = Comments(services)
        self._wake = wake
        # The newest comment seen on each item. Lost with the process; then everything since the session began is read once more.
        self._seen: dict[NoteTarget, datetime] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(self._services.settings.reconcile_interval.total_seconds())
            try:
                await self.reconcile_once()
            except Exception as fault:  # noqa: BLE001 - one bad round must not end all that follow
                _log.warning("cannot look for missed comments: %s", fault_text(fault))

    async def reconcile_once(self) -> int:
        """Look at every item once; return how many missed commands were found."""
        since = await self._items()
        self._seen = {target: seen for target, seen in self._seen.items() if target in since}
        found = 0
        for target, began in since.items():
            found += await self._look_at(target, since=self._seen.get(target, began))
            await asyncio.sleep(_PAUSE_SECONDS)
        if found:
            self._wake()
        return found

    async def _items(self) -> dict[NoteTarget, datetime]:
        """Return the items with an open question, each with when its first waiting session began."""
        since: dict[NoteTarget, datetime] = {}
        before = ""
        while page := await self._services.sessions.sessions(SessionFilter(statuses=_WAITING, limit=_PAGE, before_id=before)):
            for session in page:
                target = note_target_of(
                    session.project_id, merge_request_iid=session.merge_request_iid, issue_iid=session.issue_iid
                )
                if target is not None:
                    since[target] = min(session.created_at, since.get(target, session.created_at))
            before = page[-1].id
        return since

    async def _look_at(self, target: NoteTarget, *, since: datetime) -> int:
        try:
            notes = await self._services.forge.notes(target, since=since)
        except DuoFlowsError as fault:
            _log.warning("cannot read comments of %s %s in project %s: %s", target.kind, target.iid, target.project_id, fault)
            return 0
        found = 0
        for note in notes:
            command = await self._comments.command_of(note, kind=DeliveryKind.RECONCILED)
            if command is not None:
                _kept, is_new = await self._services.inbox.put(command)
                found += is_new
        self._seen[target] = max((note.created_at for note in notes), default=since)
        return found
