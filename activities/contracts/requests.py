"""Questions to people and their answers: what is asked and what comes of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

from pydantic import AliasChoices, Field
from temporalio import activity

from duo_flows.domain.model import Model
from duo_flows.domain.requests import Act, Choice, Request, RequestKind
from signals.messages import Answer, Pause, Resume, Stop

from .calls import CallRequest
from .scope import Scope


class Ask(Model):
    """Asks the requester: renders the message, stores it with what it is about, and shows it in the session.

    `answer` is the final answer of the agent that the response is sent to; None where it has given none.
    """

    scope: Scope
    component: str
    step: int
    inputs: dict[str, Any] = Field(default_factory=dict)
    change: Any = None
    answer: Any = None
    choices: tuple[Choice, ...] = ()
    deadline: datetime


class Asked(Model):
    """The request as put. Its message stands in the store at `message_ref`, what to write into GitLab at `note_ref`."""

    request: Request
    message_ref: str
    note_ref: str


class AskAboutCalls(Model):
    """Asks the requester about the calls of one turn, as far as consent is needed. `agent` is the key of the agent's memory."""

    scope: Scope
    component: str
    step: int
    agent: str
    turn: int
    calls: tuple[CallRequest, ...]
    deadline: datetime


class CallsAsked(Model):
    """The request as put; None where nobody has to be asked, because each call is pre-approved or was consented to for good."""

    asked: Asked | None = None


class Sent(Model):
    """Something a person sent, with the time at which the workflow first saw it."""

    event_id: str
    first_seen_at: datetime
    answer: Answer | None = None
    stop: Stop | None = None
    pause: Pause | None = None
    resume: Resume | None = None

    @property
    def message(self) -> Answer | Stop | Pause | Resume | None:
        """Return the message itself."""
        return self.answer or self.stop or self.pause or self.resume


class Prove(Sent):
    """Asks whether an act was sent by a door, or may count although it was not."""

    scope: Scope
    workflow_id: str


class Proven(Model):
    """Who acted, as far as it is proven; `objection` is the reason why the act does not count.

    `may_steer` tells whether the person may stop, pause and resume the session.
    """

    act: Act | None = None
    actor_id: int = 0
    actor: str = ""
    received_at: datetime | None = None
    # Histories know it by the name of the first of the three.
    may_steer: bool = Field(default=False, validation_alias=AliasChoices("may_steer", "may_stop"))
    objection: str = ""
    code: str = ""


class FindMissed(Model):
    """Asks for answers that reached GitLab or our inbox in time and have not reached the workflow."""

    scope: Scope
    request: Request
    workflow_id: str
    asked_at: datetime


class Missed(Model):
    """Answers found, in the order in which they were given."""

    acts: tuple[Act, ...] = ()
    note_ids: dict[str, int] = Field(default_factory=dict)


class Reply(Model):
    """Answers a person's comment in GitLab; with `change_ref` what is asked about is shown in full below the text."""

    scope: Scope
    note_id: int
    text: str
    change_ref: str = ""
    is_text: bool = False
    kind: RequestKind = RequestKind.APPROVAL


class RequestContract(ABC):
    """Questions to the requester."""

    @abstractmethod
    @activity.defn(name="ask_requester")
    async def ask_requester(self, task: Ask) -> Asked:
        """Put a question, so that doors can show it."""

    @abstractmethod
    @activity.defn(name="ask_about_calls")
    async def ask_about_calls(self, task: AskAboutCalls) -> CallsAsked:
        """Put the question whether an agent's calls may be made, unless nobody has to be asked."""

    @abstractmethod
    @activity.defn(name="prove_act")
    async def prove_act(self, task: Prove) -> Proven:
        """Find out who acted."""

    @abstractmethod
    @activity.defn(name="find_missed_answers")
    async def find_missed_answers(self, task: FindMissed) -> Missed:
        """Look for answers that hooks missed, before a question expires."""

    @abstractmethod
    @activity.defn(name="reply_to_note")
    async def reply_to_note(self, task: Reply) -> None:
        """Answer a comment in its thread, once."""
