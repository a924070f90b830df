"""The messages: what starts a flow, and what people and GitLab may tell it while it runs.

One model per message; a field is only ever added with a default, so that a message sent by an older door is still understood.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from duo_flows.domain.model import Model
from duo_flows.domain.requests import ANSWER_TEXT_MAX_LENGTH, Choice
from duo_flows.domain.sessions import GOAL_MAX_LENGTH, SessionStatus, Waiting


class ContextItem(Model):
    """One additional context in GitLab's envelope: `Content` is a JSON string."""

    Category: str
    Content: str
    Metadata: str = "{}"


class StartFlow(Model):
    """Starts a flow. The workflow's type is the flow's name; this is its one argument.

    `project` is a number or a full path, `requester` a number or a username. What the doors fill in (`session_id`, `run`, `flow`,
    `trigger`, `signature`) may be left out by hand.
    """

    project: int | str
    requester: int | str
    goal: str = Field(default="", max_length=GOAL_MAX_LENGTH)
    pipeline_id: int | None = None
    merge_request_iid: int | None = None
    issue_iid: int | None = None
    additional_context: tuple[ContextItem, ...] = ()
    definition: str = Field(default="", description="A flow file's text, to run instead of the flow named by the type.")
    session_id: str = ""
    run: int = Field(default=1, ge=1)
    flow: str = Field(default="", description="The flow that a door has signed for; the workflow's type has to be it.")
    trigger: str = "temporal"
    signature: str = ""


class Answer(Model):
    """A person's answer to the present question (A1, A2).

    By hand it needs `choice`, `digest` (its first twelve digits are enough) and `actor` (a username). A door proves who acts, sets
    `actor_id`, `received_at` and `event_id`, and signs.
    """

    choice: Choice
    digest: str = ""
    request_id: str = ""
    text: str = Field(default="", max_length=ANSWER_TEXT_MAX_LENGTH)
    actor: str = ""
    actor_id: int | None = None
    door: str = "temporal"
    event_id: str = ""
    received_at: datetime | None = None
    note_id: int | None = None
    is_edited: bool = False
    workflow_id: str = ""
    signature: str = ""


class AnswerResult(Model):
    """What came of an answer, in words for the person who gave it."""

    is_accepted: bool
    code: str
    reason: str
    request_id: str = ""
    digest: str = ""
    change_ref: str = ""


class _Steering(Model):
    """What stops, pauses and resumes have in common. By hand each needs `actor` (a username); a door signs it like an answer."""

    reason: str = Field(default="", max_length=ANSWER_TEXT_MAX_LENGTH)
    actor: str = ""
    actor_id: int | None = None
    door: str = "temporal"
    event_id: str = ""
    received_at: datetime | None = None
    workflow_id: str = ""
    signature: str = ""


class Stop(_Steering):
    """Stops a session at its next safe point."""


class Pause(_Steering):
    """Pauses a session at its next safe point, until somebody resumes it."""


class Resume(_Steering):
    """Lets a paused session go on, or takes a pause back that has not begun."""


class PipelineChanged(Model):
    """A hint that a pipeline moved. Nothing is believed of it; the workflow looks at GitLab at once instead of at its next poll."""

    project_id: int
    pipeline_id: int


class FlowState(Model):
    """What a running flow answers to the query `state`."""

    session_id: str
    flow: str
    run: int
    status: SessionStatus
    step: str = ""
    waiting: Waiting | None = None
