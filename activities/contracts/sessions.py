"""Opening, reporting on and closing sessions: what is asked and what comes of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from pydantic import Field
from temporalio import activity

from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.model import Model
from duo_flows.domain.sessions import Ending, SessionUpdate
from signals.messages import StartFlow

from .scope import Limits, Scope


class OpenSession(Model):
    """Asks to open a session, or a later run of one, for a workflow that has just started.

    `execution_id` is that of the first run of its chain: a workflow id that is used again is another session.
    """

    flow: str
    workflow_id: str
    execution_id: str = ""
    start: StartFlow


class OpenedSession(Scope):
    """An open session: who, where, what for, and the definition without its prompts, which stay in the content store."""

    pipeline_id: int | None = None
    definition: FlowDefinition
    limits: Limits
    context: dict[str, Any]


class CloseSession(Model):
    """Ends a run: composes the summary, stores it, and puts it into the session's item."""

    scope: Scope
    ending: Ending
    reason: str = ""
    step: str = ""
    context: dict[str, Any] = Field(default_factory=dict)


class Closed(Model):
    """The end of a run, safely recorded."""

    summary_ref: str


class Announce(Model):
    """Puts a stored text into the session's item in GitLab."""

    scope: Scope
    text_ref: str
    marker: str


class SessionContract(ABC):
    """Opening, reporting on and closing sessions."""

    @abstractmethod
    @activity.defn(name="open_session")
    async def open_session(self, task: OpenSession) -> OpenedSession:
        """Check who asks, freeze the definition and register the session."""

    @abstractmethod
    @activity.defn(name="report_session")
    async def report_session(self, update: SessionUpdate) -> None:
        """Write a run's report into the store."""

    @abstractmethod
    @activity.defn(name="close_session")
    async def close_session(self, task: CloseSession) -> Closed:
        """Compose and record how a run ended."""

    @abstractmethod
    @activity.defn(name="announce")
    async def announce(self, task: Announce) -> None:
        """Put a stored text into the session's item, once for each marker."""
