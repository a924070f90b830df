"""What every store of ours agrees on, SQL or memory: the shape of a fresh run, what a report changes, and the refusals' words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from duo_flows.domain.canonical import digest_of_bytes
from duo_flows.domain.errors import NeverAgain, NotFound, Refused
from duo_flows.domain.sessions import FINAL_STATUSES, NewSession, SessionStatus, SessionUpdate, Usage

# What a door and the worker each know a part of. Everything else is known by both from the start.
_LEARNED = frozenset(
    {"goal", "merge_request_iid", "issue_iid", "pipeline_id", "definition_ref", "start_ref", "project_path", "trigger"}
)
_UNKNOWN = frozenset({"", None})


def learned(known: Mapping[Any, Any], new: NewSession) -> dict[str, Any]:
    """Return what a session learns from one more registration: only what it does not know yet."""
    given = new.model_dump(include=set(_LEARNED))
    return {name: value for name, value in given.items() if known[name] in _UNKNOWN and value not in _UNKNOWN}


def is_same_execution(one: str, other: str) -> bool:
    """Tell whether two registrations of a workflow id can be of one execution; who does not know it does not disagree."""
    return not one or not other or one == other


def fresh_run(session_id: str, *, n: int, workflow_id: str, at: datetime, execution_id: str = "") -> dict[str, Any]:
    """Return the row of a run that has not started yet."""
    return {
        "session_id": session_id,
        "n": n,
        "workflow_id": workflow_id,
        "execution_id": execution_id,
        "status": SessionStatus.CREATED.value,
        "step": "",
        "waiting": None,
        "ending": None,
        "summary": "",
        "created_at": at,
        "updated_at": at,
        "ended_at": None,
    }


def reported(update: SessionUpdate, *, at: datetime) -> dict[str, Any]:
    """Return what a report changes in the row of its run."""
    given = update.model_dump(mode="json", include={"status", "step", "ending", "summary"}, exclude_none=True)
    waiting = update.waiting.model_dump(mode="json") if update.waiting else None
    ended = {"ended_at": at} if is_over(update.status, update.ending) else {}
    return given | ended | {"waiting": waiting, "updated_at": at}


def is_over(status: str | None, ending: str | None) -> bool:
    """Tell whether a run is at its end: nothing changes it any more, and it can have a successor."""
    return ending is not None or status in FINAL_STATUSES


def greater(one: Usage, other: Usage) -> Usage:
    """Return the greater of two reports on one attempt, field by field: a late report of less does no harm."""
    theirs = other.model_dump()
    return Usage(**{name: max(count, theirs[name]) for name, count in one.model_dump().items()})


def checked(data: bytes, *, ref: str) -> bytes:
    """Return the data if it is what the reference names.

    Raises:
        NeverAgain: it was changed or damaged where it is kept.
    """
    if digest_of_bytes(data) != ref:
        raise NeverAgain(f"Stored content {ref!r} is not what was put there. Restore it from a backup.", code="content_changed")
    return data


def no_such_session(session_id: str) -> NotFound:
    """Return the answer for a session that is not there."""
    return NotFound(f"There is no session {session_id!r}.")


def no_such_run(session_id: str, n: int) -> NotFound:
    """Return the answer for a run that is not there."""
    return NotFound(f"Session {session_id!r} has no run {n}.")


def no_such_delivery(delivery_id: int) -> NotFound:
    """Return the answer for a delivery that is not there."""
    return NotFound(f"There is no delivery {delivery_id}.")


def no_such_content(ref: str) -> NotFound:
    """Return the answer for a reference that leads nowhere."""
    return NotFound(f"There is no stored content {ref!r}. It may have passed its retention.")


def not_over(session_id: str, n: int) -> Refused:
    """Return the refusal of a run that would start beside one that still goes on."""
    return Refused(f"Run {n} of session {session_id!r} is not over. Stop it first, or wait for its end.", code="run_not_over")


def session_taken(session_id: str) -> Refused:
    """Return the refusal of a workflow that names a session of another one, or of an earlier execution of itself."""
    return Refused(
        f"Session {session_id!r} belongs to another workflow execution. Start without a session id.", code="session_taken"
    )


def workflow_taken(workflow_id: str) -> Refused:
    """Return the refusal of a run whose workflow id somebody used for another session."""
    return Refused(f"Workflow id {workflow_id!r} is another session's. Start a session instead of a run.", code="workflow_taken")
