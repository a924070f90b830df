"""The audit chain of an installation: signing its head, checking it, and giving it out. Memory: one page of events."""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from duo_flows.adapters.store import open_store
from duo_flows.adapters.store.head_file import HeadFile
from duo_flows.domain.approval_store import AuditLog, HeadKeeper
from duo_flows.domain.audit import ChainCheck, ChainedEvent, Fault, SignedHead, UnreadableEvent, exported, signed_head
from duo_flows.domain.errors import NeverAgain

from .services import utc_now
from .settings import Settings

_PAGE: Final = 500
# Faults beyond these are counted only: a chain computed anew has as many as events.
_TOLD_MAX_COUNT: Final = 100
_DERIVED = b"duo-flows audit heads"


@dataclass
class Report:
    """What a check has found: the first faults, how many there are, and how far the chain goes and is witnessed."""

    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    event_count: int = 0
    head_count: int = 0
    witnessed: int = 0
    unreadable_heads: tuple[int, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.fault_count and not self.unreadable_heads

    def add(self, faults: Iterable[Fault]) -> None:
        """Count faults, and keep the first."""
        for fault in faults:
            self.fault_count += 1
            if self.fault_count <= _TOLD_MAX_COUNT:
                self.faults.append(fault)


class Audit:
    """The chain, the heads that are kept of it, and the key that they are signed with."""

    def __init__(self, log: AuditLog, heads: HeadKeeper, *, key: bytes, clock: Callable[[], datetime]) -> None:
        self._log = log
        self._heads = heads
        self._key = key
        self._clock = clock

    async def sign_head(self) -> SignedHead:
        """Sign the chain's end as it is now, keep it, and return it for a note.

        Raises:
            NeverAgain: no key is set.
        """
        if not self._key:
            raise NeverAgain("Set DUOFLOWS_AUDIT_KEY, or DUOFLOWS_SIGNING_KEY, to sign the audit chain.", code="no_audit_key")
        head = signed_head(await self._log.end(), at=self._clock(), key=self._key)
        await self._heads.keep(head)
        return head

    async def check(self, *, told: Iterable[SignedHead] = ()) -> Report:
        """Check the chain against itself, the heads that are kept, and those of notes."""
        kept = await self._heads.heads()
        heads = (*kept.heads, *told) if self._key else ()
        check = ChainCheck(heads, key=self._key)
        report = Report(head_count=len(heads), unreadable_heads=kept.unreadable)
        async for event in _chain(self._log):
            report.add(check.take(event) if isinstance(event, ChainedEvent) else check.pass_over(event))
            report.event_count += 1
        report.add(check.finish())
        report.witnessed = check.witnessed
        return report

    async def lines(self, *, after: int = 0) -> AsyncIterator[str]:
        """Yield the events after this number as lines of JSON.

        Raises:
            UnreadableEvent: one of them is no event any more.
        """
        async for event in _chain(self._log, after=after):
            if isinstance(event, UnreadableEvent):
                raise event
            # ASCII alone, so that what an event says cannot break a line or a terminal.
            yield json.dumps(exported(event), separators=(",", ":"))


@asynccontextmanager
async def open_audit(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> AsyncIterator[Audit]:
    """Yield the audit chain of these settings' store."""
    store = await open_store(settings.database_url.get_secret_value(), clock=clock)
    try:
        yield Audit(store.audit, HeadFile(settings.audit_heads_file), key=audit_key(settings), clock=clock)
    finally:
        await store.close()


def audit_key(settings: Settings) -> bytes:
    """Return the key that heads are signed with; empty where none is set.

    Without one of its own it follows from the doors' signing key, so that an installation that sets nothing more has one.
    """
    if own := settings.audit_key.get_secret_value():
        return own.encode()
    doors = settings.signing_key.get_secret_value()
    return hmac.new(doors.encode(), _DERIVED, sha256).digest() if doors else b""


async def _chain(log: AuditLog, *, after: int = 0) -> AsyncIterator[ChainedEvent | UnreadableEvent]:
    """Yield every event, page by page; round one that cannot be read, one by one."""
    limit = _PAGE
    while True:
        try:
            page: tuple[ChainedEvent | UnreadableEvent, ...] = await log.events(after=after, limit=limit)
        except UnreadableEvent as fault:
            page, limit = ((fault,), _PAGE) if limit == 1 else ((), 1)
            if not page:
                continue
        if not page:
            return
        for event in page:
            yield event
        after = page[-1].seq
