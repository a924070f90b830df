"""The store's double: the same ports, kept in this process and gone with it.

It passes the same tests as the real one, so that what is tested with it holds there too. No method waits for anything between its
first line and its last, so each is one transaction.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from typing_extensions import override

from duo_flows.domain.approval_store import ApprovalStore, AuditLog
from duo_flows.domain.canonical import digest_of_bytes
from duo_flows.domain.delegation import component_of
from duo_flows.domain.inbox import Delivery, DeliveryState, NewDelivery
from duo_flows.domain.ports import ContentStore, Inbox, Run, SessionStore, TurnKey
from duo_flows.domain.sessions import (
    LogEntry,
    LogKind,
    NewLogEntry,
    NewSession,
    Session,
    SessionFilter,
    SessionUpdate,
    Usage,
    workflow_id_of,
)

from . import rules
from .ids import new_id
from .memory_approvals import MemoryApprovals, MemoryAuditLog
from .values import in_utc, storable_text

# What a run's row holds and a session does not show.
_KEPT_OF_A_RUN = frozenset({"session_id", "n", "execution_id", "created_at"})


class MemoryStore:
    """Sessions, inbox and contents in memory, with the face of `Store`."""

    sessions: SessionStore
    inbox: Inbox
    contents: ContentStore
    approvals: ApprovalStore
    audit: AuditLog

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        contents, audit = MemoryContents(), MemoryAuditLog()
        self.sessions = MemorySessions(clock=clock)
        self.inbox = MemoryInbox()
        self.contents = contents
        self.approvals = MemoryApprovals(clock=clock, is_content=contents.has, audit=audit)
        self.audit = audit

    async def ping(self) -> None:
        """Answer: memory is always there."""

    async def close(self) -> None:
        """Do nothing: what is kept here goes with the process."""


class MemorySessions(SessionStore):
    """Sessions, their runs, their log and their model turns."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._facts: dict[str, dict[str, Any]] = {}
        self._runs: dict[str, list[dict[str, Any]]] = {}
        self._logs: dict[str, list[LogEntry]] = {}
        self._attempts: dict[TurnKey, dict[int, Usage]] = defaultdict(dict)
        self._answers: dict[TurnKey, tuple[int, str]] = {}

    @override
    async def register(self, new: NewSession) -> Session:
        run = self._run_of(new.workflow_id, new.execution_id)
        if run is None:
            return self._shown(self._make(new))
        run["execution_id"] = run["execution_id"] or new.execution_id
        facts = self._facts[run["session_id"]]
        facts.update(_stored(rules.learned(facts, new)))
        return self._shown(run["session_id"])

    def _run_of(self, workflow_id: str, execution_id: str) -> dict[str, Any] | None:
        runs = (run for runs in self._runs.values() for run in runs if run["workflow_id"] == workflow_id)
        found = (run for run in runs if rules.is_same_execution(run["execution_id"], execution_id))
        return max(found, key=lambda run: (run["created_at"], run["session_id"]), default=None)

    def _make(self, new: NewSession) -> str:
        at = in_utc(self._clock())
        session_id = new.session_id or new_id(at)
        if session_id in self._facts:
            raise rules.session_taken(session_id)
        facts = _stored(new.model_dump(exclude={"session_id", "workflow_id", "execution_id"}))
        self._facts[session_id] = facts | {"id": session_id, "created_at": at}
        self._runs[session_id] = []
        self._logs[session_id] = []
        self._begin_run(session_id, new.workflow_id, execution_id=new.execution_id)
        return session_id

    def _begin_run(self, session_id: str, workflow_id: str, *, execution_id: str = "") -> Run:
        n = len(self._runs[session_id]) + 1
        at = in_utc(self._clock())
        run = rules.fresh_run(session_id, n=n, workflow_id=workflow_id, execution_id=execution_id, at=at)
        self._runs[session_id].append(run)
        return Run(session_id=session_id, n=n, workflow_id=workflow_id)

    @override
    async def session(self, session_id: str) -> Session:
        return self._shown(session_id)

    def _shown(self, session_id: str) -> Session:
        latest = self._runs_of(session_id)[-1]
        state = {name: value for name, value in latest.items() if name not in _KEPT_OF_A_RUN}
        return Session.model_validate(self._facts[session_id] | state | {"run": latest["n"], "usage": self._usage(session_id)})

    def _runs_of(self, session_id: str) -> list[dict[str, Any]]:
        if session_id not in self._runs:
            raise rules.no_such_session(session_id)
        return self._runs[session_id]

    def _run(self, session_id: str, n: int) -> dict[str, Any]:
        found = [run for run in self._runs_of(session_id) if run["n"] == n]
        if not found:
            raise rules.no_such_run(session_id, n)
        return found[0]

    @override
    async def session_of_workflow(self, workflow_id: str, *, execution_id: str = "") -> Session | None:
        run = self._run_of(workflow_id, execution_id)
        return self._shown(run["session_id"]) if run else None

    @override
    async def sessions(self, which: SessionFilter) -> tuple[Session, ...]:
        shown = sorted(map(self._shown, self._facts), key=_age, reverse=True)
        if which.before_id:
            page_end = _age(self._shown(which.before_id))
            shown = [session for session in shown if _age(session) < page_end]
        return tuple(session for session in shown if _is_wanted(session, which))[: which.limit]

    @override
    async def update(self, update: SessionUpdate) -> None:
        run = self._run(update.session_id, update.run)
        at = in_utc(self._clock())
        if run is self._runs[update.session_id][-1] and not rules.is_over(run["status"], run["ending"]):
            run.update(_stored(rules.reported(update, at=at)))
        self._add_lines(update.session_id, run=update.run, entries=update.entries, at=at)

    @override
    async def append(self, session_id: str, run: int, entries: Sequence[NewLogEntry]) -> None:
        self._run(session_id, run)
        self._add_lines(session_id, run=run, entries=entries, at=in_utc(self._clock()))

    def _add_lines(self, session_id: str, *, run: int, entries: Iterable[NewLogEntry], at: datetime) -> None:
        log = self._logs[session_id]
        known = {line.key for line in log}
        for entry in entries:
            values = _stored(entry.model_dump(mode="json"))
            if values["key"] not in known:
                known.add(values["key"])
                log.append(LogEntry.model_validate(values | {"seq": len(log) + 1, "run": run, "at": at}))

    @override
    async def log(self, session_id: str, *, after: int = 0, limit: int = 500) -> tuple[LogEntry, ...]:
        self._runs_of(session_id)
        return tuple(line for line in self._logs[session_id] if line.seq > after)[:limit]

    @override
    async def lines(self, session_id: str, *, kind: LogKind | None = None, key: str = "") -> tuple[LogEntry, ...]:
        self._runs_of(session_id)
        found = (line for line in self._logs[session_id] if kind in {None, line.kind})
        return tuple(line for line in found if storable_text(key) in {"", line.key})

    @override
    async def start_next_run(self, session_id: str, *, after: int) -> Run:
        run = self._run(session_id, after)
        if run is not self._runs[session_id][-1]:
            return Run(session_id=session_id, n=after + 1, workflow_id=self._run(session_id, after + 1)["workflow_id"])
        if not rules.is_over(run["status"], run["ending"]):
            raise rules.not_over(session_id, after)
        workflow_id = workflow_id_of(session_id, after + 1)
        if self._run_of(workflow_id, "") is not None:
            raise rules.workflow_taken(workflow_id)
        return self._begin_run(session_id, workflow_id)

    @override
    async def recorded_turn(self, key: TurnKey) -> tuple[str, Usage] | None:
        if key not in self._answers:
            return None
        attempt, reply_ref = self._answers[key]
        return reply_ref, self._attempts[key][attempt]

    @override
    async def note_turn(
        self, key: TurnKey, *, attempt: int, usage: Usage, reply_ref: str = "", report: SessionUpdate | None = None
    ) -> None:
        self._run(key.session_id, key.run)
        if report is not None:
            # First, because it may be refused.
            await self.update(report)
        attempts = self._attempts[key]
        attempts[attempt] = rules.greater(attempts.get(attempt, Usage()), usage)
        if reply_ref:
            self._answers.setdefault(key, (attempt, reply_ref))

    @override
    async def usage(self, session_id: str, *, component: str = "") -> Usage:
        self._runs_of(session_id)
        return self._usage(session_id, component=component)

    def _usage(self, session_id: str, *, component: str = "") -> Usage:
        turns = (
            attempts.values()
            for key, attempts in self._attempts.items()
            if key.session_id == session_id and component in {"", component_of(key.component)}
        )
        return reduce(Usage.plus, (usage for attempts in turns for usage in attempts), Usage())


class MemoryInbox(Inbox):
    """The inbox."""

    def __init__(self) -> None:
        self._deliveries: dict[int, Delivery] = {}
        self._held_until: dict[int, datetime] = {}
        self._next_at: dict[int, datetime] = {}

    @override
    async def put(self, new: NewDelivery) -> tuple[Delivery, bool]:
        values = _stored(new.model_dump() | {"body": new.model_dump(mode="json")["body"]})
        known = await self.delivery(values["key"])
        if known:
            return known, False
        made = Delivery.model_validate(values | {"id": len(self._deliveries) + 1, "received_at": in_utc(new.received_at)})
        self._deliveries[made.id] = made
        return made, True

    @override
    async def claim(self, *, limit: int, lease: timedelta, now: datetime) -> tuple[Delivery, ...]:
        free = [delivery for delivery in self._waiting() if self._is_free(delivery.id, now=in_utc(now))][:limit]
        for delivery in free:
            self._held_until[delivery.id] = in_utc(now) + lease
            self._deliveries[delivery.id] = delivery.model_copy(update={"attempts": delivery.attempts + 1})
        return tuple(self._deliveries[delivery.id] for delivery in free)

    def _waiting(self) -> list[Delivery]:
        waiting = (delivery for delivery in self._deliveries.values() if delivery.state is DeliveryState.WAITING)
        return sorted(waiting, key=lambda delivery: (delivery.received_at, delivery.id))

    def _is_free(self, delivery_id: int, *, now: datetime) -> bool:
        return all(times.get(delivery_id, now) <= now for times in (self._held_until, self._next_at))

    @override
    async def done(self, delivery_id: int, *, outcome: str, attempt: int | None = None) -> None:
        self._change(delivery_id, state=DeliveryState.DONE, outcome=outcome, attempt=attempt)

    @override
    async def retry(self, delivery_id: int, *, outcome: str, at: datetime, attempt: int | None = None) -> None:
        if self._change(delivery_id, state=DeliveryState.WAITING, outcome=outcome, attempt=attempt):
            self._next_at[delivery_id] = in_utc(at)

    @override
    async def give_up(self, delivery_id: int, *, outcome: str, attempt: int | None = None) -> None:
        self._change(delivery_id, state=DeliveryState.GIVEN_UP, outcome=outcome, attempt=attempt)

    def _change(self, delivery_id: int, *, state: DeliveryState, outcome: str, attempt: int | None) -> bool:
        if delivery_id not in self._deliveries:
            raise rules.no_such_delivery(delivery_id)
        delivery = self._deliveries[delivery_id]
        if delivery.state is not DeliveryState.WAITING or attempt not in {None, delivery.attempts}:
            return False
        self._held_until.pop(delivery_id, None)
        self._deliveries[delivery_id] = delivery.model_copy(update={"state": state, "outcome": storable_text(outcome)})
        return True

    @override
    async def waiting_for_session(self, session_id: str, *, received_by: datetime) -> tuple[Delivery, ...]:
        named = (delivery for delivery in self._waiting() if session_id and delivery.session_id == session_id)
        return tuple(delivery for delivery in named if delivery.received_at <= in_utc(received_by))

    @override
    async def delivery(self, key: str) -> Delivery | None:
        return next((delivery for delivery in self._deliveries.values() if delivery.key == storable_text(key)), None)


class MemoryContents(ContentStore):
    """Contents by digest."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    @override
    async def put(self, data: bytes, *, media_type: str = "application/json") -> str:
        del media_type
        ref = digest_of_bytes(data)
        self._contents.setdefault(ref, data)
        return ref

    def has(self, ref: str) -> bool:
        """Tell whether something is stored under this reference."""
        return ref in self._contents

    @override
    async def get(self, ref: str) -> bytes:
        if ref not in self._contents:
            raise rules.no_such_content(ref)
        return self._contents[ref]


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _stored_value(value) for name, value in values.items()}


def _stored_value(value: Any) -> Any:
    if isinstance(value, str):
        return storable_text(value)
    # Through JSON, as a database would: a copy that the caller cannot change afterwards, and nothing that JSON cannot carry.
    return json.loads(json.dumps(value)) if isinstance(value, dict) else value


def _age(session: Session) -> tuple[datetime, str]:
    return session.created_at, session.id


def _is_wanted(session: Session, which: SessionFilter) -> bool:
    numbers = ("requester_id", "pipeline_id", "merge_request_iid")
    asked = {name: getattr(which, name) for name in numbers if getattr(which, name) is not None}
    return (
        (which.project_ids is None or session.project_id in which.project_ids)
        and (not which.statuses or session.status in which.statuses)
        and which.flow in {"", session.flow}
        and all(getattr(session, name) == value for name, value in asked.items())
    )
