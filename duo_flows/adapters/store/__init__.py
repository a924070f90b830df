"""The store, by SQLAlchemy: the one place that imports it.

Outside this folder only the names below are used; inside, SQL stays in the module of its table.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from duo_flows.domain.approval_store import ApprovalStore, AuditLog
from duo_flows.domain.ports import ContentStore, Inbox, SessionStore

from .approvals import SqlApprovals
from .audit_log import SqlAuditLog
from .contents import SqlContents
from .database import Database
from .inbox import SqlInbox
from .schema import migrate
from .sessions import SqlSessions

__all__ = ["Store", "migrate", "open_store"]


class Store:
    """One database behind the ports that are kept in it."""

    sessions: SessionStore
    inbox: Inbox
    contents: ContentStore
    approvals: ApprovalStore
    audit: AuditLog

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self.sessions = SqlSessions(database, clock=clock)
        self.inbox = SqlInbox(database)
        self.contents = SqlContents(database, clock=clock)
        self.approvals = SqlApprovals(database, clock=clock)
        self.audit = SqlAuditLog(database)

    async def ping(self) -> None:
        """Ask the database whether it is there.

        Raises:
            TryAgain: it does not answer.
        """
        await self._database.ping()

    async def close(self) -> None:
        """Close all connections."""
        await self._database.close()


async def open_store(url: str, *, clock: Callable[[], datetime]) -> Store:
    """Return the store at this address. Nothing is connected before the first question, so the database may come up later.

    Args:
        url: `sqlite+aiosqlite:///path` (three slashes and a relative path, four and an absolute one) or
            `postgresql+asyncpg://user:password@host/name`. Its tables are made by `migrate`.
        clock: what time it is, aware; stamps what is written.

    Raises:
        NeverAgain: the address is none of these.
    """
    return Store(Database(url), clock=clock)
