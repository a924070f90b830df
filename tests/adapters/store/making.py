"""Values for the store's tests; whatever a test does not care about has a default."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from duo_flows.domain.inbox import NewDelivery
from duo_flows.domain.ports import TurnKey
from duo_flows.domain.sessions import Ending, LogKind, NewLogEntry, NewSession, SessionStatus, SessionUpdate

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def a_session(workflow_id: str = "by-hand", **given: Any) -> NewSession:
    """Return a session to register."""
    known = {"flow": "fix_pipeline", "project_id": 7, "project_path": "shop/api", "requester_id": 5, "requester": "ann"}
    return NewSession(workflow_id=workflow_id, **known | given)


def a_line(key: str = "a", **given: Any) -> NewLogEntry:
    """Return a line for the log."""
    return NewLogEntry(**{"key": key, "kind": LogKind.NOTE, "text": f"line {key}"} | given)


def lines(*keys: str) -> list[NewLogEntry]:
    """Return one line for each key."""
    return [a_line(key) for key in keys]


def an_end(session_id: str, run: int = 1, **given: Any) -> SessionUpdate:
    """Return a run's last report."""
    end = {"status": SessionStatus.FINISHED, "ending": Ending.DONE, "summary": "Fixed."}
    return SessionUpdate(session_id=session_id, run=run, **end | given)


def a_turn(session_id: str, run: int = 1, turn: int = 1) -> TurnKey:
    """Return the name of a model turn."""
    return TurnKey(session_id=session_id, run=run, component="agent", step=1, turn=turn)


def a_delivery(key: str = "a", **given: Any) -> NewDelivery:
    """Return something received."""
    known = {"kind": "hook", "event": "note", "project_id": 7, "body": {"note": 3}, "received_at": NOON}
    return NewDelivery(key=key, **known | given)
