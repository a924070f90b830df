"""Sessions: statuses, what moves between them, endings, and the records that people read.

The statuses and events are GitLab's own (reference: its session state machine); a status belongs to a run, a session shows that of
its latest run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from .errors import Refused
from .model import Model

# GitLab's limits. Source: GitLab's workflow model.
GOAL_MAX_LENGTH = 16_384
SUMMARY_MAX_LENGTH = 1_024


def as_summary(text: str) -> str:
    """Return a text as a session's summary, cut to GitLab's length."""
    return text if len(text) <= SUMMARY_MAX_LENGTH else text[: SUMMARY_MAX_LENGTH - 1] + "…"


class SessionStatus(StrEnum):
    """GitLab's nine statuses."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"
    INPUT_REQUIRED = "input_required"
    PLAN_APPROVAL_REQUIRED = "plan_approval_required"
    TOOL_CALL_APPROVAL_REQUIRED = "tool_call_approval_required"


class SessionEvent(StrEnum):
    """GitLab's events. `retry` is not among them here: a retry is the session's next run."""

    START = "start"
    PAUSE = "pause"
    REQUIRE_INPUT = "require_input"
    REQUIRE_PLAN_APPROVAL = "require_plan_approval"
    REQUIRE_TOOL_CALL_APPROVAL = "require_tool_call_approval"
    RESUME = "resume"
    FINISH = "finish"
    DROP = "drop"
    STOP = "stop"


_S, _E = SessionStatus, SessionEvent
_ENDS_BADLY = {_E.DROP: _S.FAILED, _E.STOP: _S.STOPPED}
_WAITING = {_E.RESUME: _S.RUNNING, **_ENDS_BADLY}

TRANSITIONS: Mapping[SessionStatus, Mapping[SessionEvent, SessionStatus]] = {
    _S.CREATED: {_E.START: _S.RUNNING, **_ENDS_BADLY},
    _S.RUNNING: {
        _E.PAUSE: _S.PAUSED,
        _E.REQUIRE_INPUT: _S.INPUT_REQUIRED,
        _E.REQUIRE_PLAN_APPROVAL: _S.PLAN_APPROVAL_REQUIRED,
        _E.REQUIRE_TOOL_CALL_APPROVAL: _S.TOOL_CALL_APPROVAL_REQUIRED,
        _E.FINISH: _S.FINISHED,
        **_ENDS_BADLY,
    },
    _S.PAUSED: _WAITING,
    _S.INPUT_REQUIRED: _WAITING,
    _S.PLAN_APPROVAL_REQUIRED: _WAITING,
    _S.TOOL_CALL_APPROVAL_REQUIRED: _WAITING,
    _S.FINISHED: {},
    _S.FAILED: {},
    _S.STOPPED: {},
}

# What flows read as `status`, in the words of GitLab's flow service, so that a router written for it takes the same way here.
# Source: GitLab's workflow service, its status enumeration.
_FLOW_WORDS: Mapping[SessionStatus, str] = {
    _S.CREATED: "Not Started",
    _S.RUNNING: "Execution",
    _S.PAUSED: "Paused",
    _S.FINISHED: "Completed",
    _S.FAILED: "Error",
    _S.STOPPED: "Cancelled",
}


def flow_word(status: SessionStatus) -> str:
    """Return a status as flows read it: `Execution` while the run is running; the waiting statuses are called the same."""
    return _FLOW_WORDS.get(status, str(status))


FINAL_STATUSES = frozenset(status for status, row in TRANSITIONS.items() if not row)


def next_status(status: SessionStatus, event: SessionEvent) -> SessionStatus:
    """Return the status after the event.

    Raises:
        Refused: the table has no such way; the reason names status and event.
    """
    try:
        return TRANSITIONS[status][event]
    except KeyError:
        raise Refused(f"A session that is {status} cannot {event}.", code="wrong_status") from None


# Ids of this form are given by doors alone: what stands behind one is a session that a door has started.
SESSION_WORKFLOW_PREFIX = "session/"


def workflow_id_of(session_id: str, run: int) -> str:
    """Return the workflow id of a session's run, counted from 1."""
    return f"{SESSION_WORKFLOW_PREFIX}{session_id}/{run}"


class Ending(StrEnum):
    """How a run ended, in one word; with `summary` it is what people read first."""

    DONE = "done"
    NOTHING_TO_DO = "nothing_to_do"
    NOT_FIXABLE = "not_fixable"
    LOW_CONFIDENCE = "low_confidence"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    EXPIRED = "expired"
    ATTEMPTS_USED_UP = "attempts_used_up"
    COST_CAP = "cost_cap"
    FAULT = "fault"


# Which event each ending brings about (requirement S1's table).
ENDING_EVENTS: Mapping[Ending, SessionEvent] = {
    Ending.DONE: _E.FINISH,
    Ending.NOTHING_TO_DO: _E.FINISH,
    Ending.NOT_FIXABLE: _E.FINISH,
    Ending.LOW_CONFIDENCE: _E.FINISH,
    Ending.CANCELLED: _E.STOP,
    Ending.STOPPED: _E.STOP,
    Ending.EXPIRED: _E.STOP,
    Ending.ATTEMPTS_USED_UP: _E.STOP,
    Ending.COST_CAP: _E.STOP,
    Ending.FAULT: _E.DROP,
}


class Usage(Model):
    """What a session's model turns have used. Costs are in millionths of a US dollar, so that they add up exactly."""

    turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_microusd: int = 0

    def plus(self, other: Usage) -> Usage:
        """Return the sum, field by field."""
        mine, theirs = self.model_dump(), other.model_dump()
        return Usage(**{name: mine[name] + theirs[name] for name in mine})


class Waiting(Model):
    """What a session waits for: on whom and until when.

    `choices` are what a door may answer and `kind` says what the question is about; its text and the change stand in the content
    store. `then` is what comes after it in any case: a pause that somebody has asked for.
    """

    reason: str
    request_id: str = ""
    on: str = ""
    until: datetime | None = None
    digest: str = ""
    question_ref: str = ""
    choices: tuple[str, ...] = ()
    change_ref: str = ""
    kind: str = ""
    is_text: bool = False
    then: str = ""

    @property
    def has_change(self) -> bool:
        """Tell whether a stored change is asked about, and neither calls nor words."""
        return bool(self.change_ref) and not self.is_text and self.kind != "tool_calls"


class NewSession(Model):
    """What is known of a session by who registers it: the worker for its run, or a door that has just started one.

    `execution_id` is Temporal's id of the first run of the workflow's chain, which tells two uses of one workflow id apart; a door
    does not know it.
    """

    session_id: str = ""
    workflow_id: str
    execution_id: str = ""
    flow: str
    project_id: int
    project_path: str
    requester_id: int
    requester: str
    goal: str = Field(default="", max_length=GOAL_MAX_LENGTH)
    merge_request_iid: int | None = None
    issue_iid: int | None = None
    pipeline_id: int | None = None
    trigger: str = "api"
    definition_ref: str = ""
    start_ref: str = ""


class Session(Model):
    """A session as the store shows it: what it is, and the state of its latest run (number `run`, from 1)."""

    id: str
    flow: str
    project_id: int
    project_path: str
    requester_id: int
    requester: str
    goal: str
    merge_request_iid: int | None
    issue_iid: int | None
    pipeline_id: int | None
    trigger: str
    definition_ref: str
    start_ref: str
    run: int
    workflow_id: str
    status: SessionStatus
    step: str = ""
    waiting: Waiting | None = None
    ending: Ending | None = None
    summary: str = ""
    usage: Usage = Usage()
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None


class LogKind(StrEnum):
    """What a line of the session log tells."""

    STATUS = "status"
    STEP = "step"
    MODEL = "model"
    TOOL = "tool"
    REQUEST = "request"
    ANSWER = "answer"
    REFUSAL = "refusal"
    NOTE = "note"
    ENDING = "ending"


class NewLogEntry(Model):
    """One line for the session log. `key` is unique within the session: the same line written twice stands once.

    `data` holds ids, names and short values; it is redacted and capped by whoever makes the entry.
    """

    key: str
    kind: LogKind
    text: str
    actor: str = ""
    door: str = ""
    component: str = ""
    data: dict[str, Any] = Field(default_factory=dict)


class LogEntry(NewLogEntry):
    """A line of the session log: `seq` counts from 1 within the session and is the offset that readers follow."""

    seq: int
    run: int
    at: datetime


class SessionUpdate(Model):
    """What a run reports of itself. Fields left None stay as they are; `waiting` is always taken as given."""

    session_id: str
    run: int
    status: SessionStatus | None = None
    step: str | None = None
    waiting: Waiting | None = None
    ending: Ending | None = None
    summary: str | None = None
    entries: tuple[NewLogEntry, ...] = ()


class SessionFilter(Model):
    """Which sessions to list, newest first; `limit` between 1 and 200, `before_id` for the next page."""

    project_ids: tuple[int, ...] | None = None
    requester_id: int | None = None
    statuses: tuple[SessionStatus, ...] = ()
    flow: str = ""
    pipeline_id: int | None = None
    merge_request_iid: int | None = None
    limit: int = Field(default=50, ge=1, le=200)
    before_id: str = ""
