"""What the API takes and gives, in JSON. Fields carry the same names as everywhere else."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from duo_flows.bootstrap.settings import Settings
from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH
from duo_flows.domain.requests import ANSWER_TEXT_MAX_LENGTH, Choice
from duo_flows.domain.sessions import GOAL_MAX_LENGTH, Ending, LogEntry, Session, SessionStatus, Usage, Waiting
from signals.messages import AnswerResult, ContextItem

# A definition is a page or two of YAML; GitLab's own limit for a flow's configuration is of the same order.
_DEFINITION_MAX_LENGTH = 256_000

# GitLab's numbers, and the store's. A JSON `true` is no number, though Python takes it for 1.
_Number = Annotated[int, Field(strict=True, gt=0, lt=2**63)]

# What GitLab's paths are made of. Nothing else is asked of GitLab, or repeated to the caller.
ProjectName = Annotated[str, Field(max_length=500, pattern=r"^[\w.+/-]*$", description="Number or full path.")]

FLOW_NAME = r"^[a-z][a-z0-9_]{0,63}$"


class _Taken(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StartSession(_Taken):
    """Starts a flow for the caller."""

    flow: Annotated[str, Field(pattern=FLOW_NAME, examples=["fix_pipeline"])]
    project: Annotated[_Number | ProjectName, Field(description="Number or full path.", examples=["shop/checkout"])]
    goal: Annotated[
        str, Field(max_length=GOAL_MAX_LENGTH, description="What is wanted. For a pipeline: its address, if left out.")
    ] = ""
    pipeline_id: Annotated[_Number | None, Field(examples=[42])] = None
    merge_request_iid: Annotated[_Number | None, Field(examples=[7])] = None
    issue_iid: _Number | None = None
    definition: Annotated[str, Field(max_length=_DEFINITION_MAX_LENGTH, description="A flow file's text, to run instead.")] = ""
    additional_context: Annotated[tuple[ContextItem, ...], Field(max_length=100)] = ()


class GiveAnswer(_Taken):
    """Answers the open question of a session."""

    choice: Choice
    digest: Annotated[
        str,
        Field(
            pattern=rf"^[0-9a-fA-F]{{{DIGEST_PREFIX_LENGTH},64}}$",
            description="What is answered: the question's digest, or its first twelve digits.",
            examples=["3f9ac01b77de"],
        ),
    ]
    request_id: Annotated[
        str, Field(max_length=200, description="The question's id, to be told if another one is open by now.")
    ] = ""
    text: Annotated[
        str,
        Field(max_length=ANSWER_TEXT_MAX_LENGTH, description="For `modify`: what should be different. For `respond`: the answer."),
    ] = ""


class Steering(_Taken):
    """Stops, pauses or resumes a session."""

    reason: Annotated[str, Field(max_length=ANSWER_TEXT_MAX_LENGTH, description="Why, for the session log.")] = ""


class SessionQuery(_Taken):
    """Which sessions to list."""

    flow: Annotated[str, Field(max_length=64)] = ""
    status: Annotated[list[SessionStatus], Field(description="Any of these.")] = []
    project: ProjectName = ""
    merge_request_iid: Annotated[int | None, Field(gt=0, lt=2**63)] = None
    mine: Annotated[bool, Field(description="Only those that you started.")] = False
    waiting_for_me: Annotated[bool, Field(description="Only those that wait for your answer.")] = False
    before: Annotated[str, Field(max_length=64, description="`next_before` of the page before.")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class Question(BaseModel):
    """What a session waits for."""

    reason: str
    request_id: str
    on: str = Field(description="Who can answer, or what it waits for.", examples=["@alice"])
    until: datetime | None
    digest: str
    digest_prefix: str = Field(description="As much of the digest as an answer needs.")
    question: str = Field(description="Markdown; empty in lists.")
    kind: str = Field(description="What it is about: `approval`, `tool_calls` or `input`; empty where nobody is asked.")
    choices: tuple[str, ...]
    then: str = Field(description="What comes after it in any case: a pause that somebody has asked for. Mostly empty.")
    has_change: bool = Field(description="Whether a stored change is asked about, which `apply` applies.")


class Links(BaseModel):
    """Where else to look; empty where there is nothing."""

    session: str
    merge_request: str = ""
    issue: str = ""
    pipeline: str = ""
    temporal: str = ""


class SessionView(BaseModel):
    """A session and the state of its latest run."""

    id: str = Field(examples=["06fz3k9q2m4t8wxy"])
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
    run: int
    workflow_id: str
    status: SessionStatus
    step: str
    waiting: Question | None
    ending: Ending | None
    summary: str
    usage: Usage
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    links: Links


class SessionPage(BaseModel):
    """Sessions, newest first. `next_before` is the `before` of the next page, empty at the end."""

    sessions: list[SessionView]
    next_before: str = ""


class LogPage(BaseModel):
    """Lines of a session log. `next_after` is the `after` to go on with; `is_over` when the session has ended and all is told."""

    entries: list[LogEntry]
    next_after: int
    is_over: bool


class AnswerReceived(BaseModel):
    """An answer that is kept, and waits for a worker."""

    status: str = "received"
    event_id: str
    received_at: datetime
    detail: str


class AnswerGiven(AnswerResult):
    """What came of an answer."""


class Steered(BaseModel):
    """What came of a stop, a pause or a resume."""

    status: str = Field(
        description="`stopping`, `stopped`, `pausing`, `paused`, `resuming`, `not_paused`; `received`: no worker has taken it yet."
    )
    session_id: str
    reason: str = Field(description="The same in words.")


class FlowView(BaseModel):
    """A flow that can be started, or could if `error` were mended."""

    name: str
    description: str
    source: str = Field(description="`built-in`, or the path on the project's default branch.", examples=["built-in"])
    component_count: int = Field(description="0 where it is not valid.")
    is_valid: bool
    error: str = Field(description="The first thing that is wrong with it.")


class FlowText(FlowView):
    """A flow with its file."""

    text: str


class Me(BaseModel):
    """Who the token says the caller is."""

    id: int
    username: str
    name: str
    is_bot: bool


def view_of(session: Session, settings: Settings, *, question: str = "") -> SessionView:
    """Return a session as the API shows it; `question` is the text of what it asks."""
    return SessionView(
        **session.model_dump(exclude={"waiting", "definition_ref", "start_ref"}),
        waiting=_question(session.waiting, question) if session.waiting else None,
        links=_links(session, settings),
    )


def _question(waiting: Waiting, text: str) -> Question:
    fields: dict[str, Any] = waiting.model_dump(exclude={"change_ref", "question_ref", "is_text"})
    return Question(**fields, has_change=waiting.has_change, question=text, digest_prefix=waiting.digest[:DIGEST_PREFIX_LENGTH])


def _links(session: Session, settings: Settings) -> Links:
    project = f"{settings.gitlab_url.rstrip('/')}/{session.project_path}/-"
    workflow = f"namespaces/{settings.temporal_namespace}/workflows/{quote(session.workflow_id, safe='')}"
    return Links(
        session=f"{settings.public_url.rstrip('/')}/api/v1/sessions/{session.id}",
        merge_request=f"{project}/merge_requests/{session.merge_request_iid}" if session.merge_request_iid else "",
        issue=f"{project}/issues/{session.issue_iid}" if session.issue_iid else "",
        pipeline=f"{project}/pipelines/{session.pipeline_id}" if session.pipeline_id else "",
        temporal=f"{settings.temporal_ui_url.rstrip('/')}/{workflow}" if settings.temporal_ui_url else "",
    )
