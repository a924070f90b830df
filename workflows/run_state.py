"""What a run remembers, as one value: everything that has to survive when a long history continues as new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from pydantic import Field

from activities.contracts import CallRequest, OpenedSession, Scope, Sent, ToolResult
from duo_flows.domain.model import Model
from duo_flows.domain.requests import Request
from duo_flows.domain.sessions import Ending, LogKind, NewLogEntry, SessionStatus, Waiting
from duo_flows.domain.steering import Steer, Steering, Wish
from signals.messages import AnswerResult, Pause, Resume, Stop


class EndRun(Exception):  # noqa: N818 - the way out of a walk, not always an error
    """Ends the run from wherever it is, with the ending and the reason that people will read."""

    def __init__(self, ending: Ending, reason: str = "") -> None:
        super().__init__(reason)
        self.ending = ending
        self.reason = reason


class Envelope(Sent):
    """Something a person sent, or, in `problem`, why it could not be read."""

    problem: str = ""

    @property
    def steering(self) -> tuple[Steer, Stop | Pause | Resume] | None:
        """Return what is asked of the run and the message that asks it; None where the envelope holds something else."""
        sent = {Steer.STOP: self.stop, Steer.PAUSE: self.pause, Steer.RESUME: self.resume}
        return next(((steer, message) for steer, message in sent.items() if message is not None), None)


class OpenDelegation(Model):
    """The call of `delegate_task` that is being worked on, and the subsession that it was given to."""

    call_id: str
    subagent: str
    number: int


class AgentState(Model):
    """Where an agent stands: between its turns, and between its passages.

    `calls` are what its last turn asked for and that is not settled yet; `results` are known for some of them, or, once all are
    settled, for the next turn to be told. `agreed_turn` is the turn whose calls nobody has to be asked about any more. `assignment`
    is what a supervisor asked for and the agent has not been told yet.
    """

    conversation_ref: str = ""
    turn: int = 0
    cycle: int = 0
    is_midway: bool = False
    calls: tuple[CallRequest, ...] = ()
    results: tuple[ToolResult, ...] = ()
    agreed_turn: int = 0
    messages: tuple[str, ...] = ()
    problems: int = 0
    assignment: Any = None
    delegation_count: int = 0
    open_delegation: OpenDelegation | None = None
    tokens: int = 0
    is_long: bool = False


class OpenQuestion(Model):
    """The request as put and as it stands; `asker` is the key of who asked, `words` what the person said."""

    request: Request
    message_ref: str
    component: str
    asker: str
    asked_at: datetime
    words: str = ""

    def as_waiting(self) -> Waiting:
        """Return the question as doors and operators see it, without its message."""
        return self.request.waiting(self.component, question_ref=self.message_ref)


class Carried(Model):
    """A run's memory, frozen, as it is handed to its own continuation."""

    opened: OpenedSession
    status: SessionStatus
    component: str
    step: int
    context: dict[str, Any]
    passages: dict[str, int]
    is_inside: bool = False
    agents: dict[str, AgentState]
    question: OpenQuestion | None = None
    results: dict[str, AnswerResult] = Field(default_factory=dict)
    envelopes: tuple[Envelope, ...] = ()
    steering: Steering = Steering()
    log_count: int = 0
    waits_for_sha: str = ""
    waits_until: datetime | None = None


# An update may be delivered again after a continuation; older results than these are nobody's present question.
_RESULTS_KEPT = 500


@dataclass
class RunState:
    """A run's memory while it runs; each field is carried on.

    `is_inside` tells that the present component has been entered, and not been left; `waits_until`, when a pipeline that is waited
    for has had its time.
    """

    opened: OpenedSession
    status: SessionStatus = SessionStatus.CREATED
    component: str = ""
    step: int = 0
    context: dict[str, Any] = field(default_factory=dict)
    passages: dict[str, int] = field(default_factory=dict)
    is_inside: bool = False
    agents: dict[str, AgentState] = field(default_factory=dict)
    question: OpenQuestion | None = None
    steering: Steering = field(default_factory=Steering)
    log_count: int = 0
    waits_for_sha: str = ""
    waits_until: datetime | None = None

    @property
    def stop(self) -> Steering | None:
        """Return the wish of somebody entitled to stop the run, if there is one."""
        return self.steering if self.steering.wish is Wish.STOP else None

    @property
    def is_to_pause(self) -> bool:
        """Tell whether the run is to wait at a safe point. While a question is open it waits for its answer first."""
        return self.steering.wish is Wish.PAUSE and self.question is None

    @property
    def waiting(self) -> Waiting | None:
        """Return what the run waits for now: its open question, somebody who resumes it, a pipeline, or nothing.

        A pause that is still to come is told too.
        """
        waiting = self._waits_for()
        if self.steering.wish is not Wish.PAUSE or self.status is SessionStatus.PAUSED:
            return waiting
        pause = f"it pauses, as @{self.steering.actor} asked"
        return waiting.model_copy(update={"then": pause}) if waiting else Waiting(reason="its next safe point", then=pause)

    def _waits_for(self) -> Waiting | None:
        if self.question is not None:
            return self.question.as_waiting()
        if self.status is SessionStatus.PAUSED:
            return Waiting(reason=f"paused by @{self.steering.actor}", on=self.steering.actor)
        if self.waits_for_sha:
            return Waiting(reason=f"the pipeline of commit {self.waits_for_sha[:8]}", on="GitLab")
        return None

    @property
    def scope(self) -> Scope:
        """Return for whom and where this run acts."""
        return Scope(**{name: getattr(self.opened, name) for name in Scope.model_fields})

    def entry(self, kind: LogKind, text: str, **fields: Any) -> NewLogEntry:
        """Return a line for the session log, with a key that no other line of the session has."""
        self.log_count += 1
        return NewLogEntry(key=f"run{self.opened.run}/{self.log_count}", kind=kind, text=text, **fields)

    @classmethod
    def beginning(cls, opened: OpenedSession) -> RunState:
        """Return the memory of a run that has just been opened."""
        return cls(opened=opened, component=opened.definition.flow.entry_point, context=dict(opened.context))

    @classmethod
    def carried_on(cls, carried: Carried) -> RunState:
        """Return the memory of a run that continues."""
        return cls(**{each.name: getattr(carried, each.name) for each in fields(cls)})

    def frozen(self, *, results: Mapping[str, AnswerResult], envelopes: tuple[Envelope, ...]) -> Carried:
        """Return the memory to hand on, with what people sent that is not worked on yet."""
        newest = dict(list(results.items())[-_RESULTS_KEPT:])
        memory = {each.name: getattr(self, each.name) for each in fields(self)}
        return Carried(**memory, results=newest, envelopes=envelopes)
