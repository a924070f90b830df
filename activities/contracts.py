"""The contracts of the activities: names, arguments and results. All that workflows see of effects.

An implementation inherits the contract and is handed its adapters. Every activity is safe to repeat. A fault that passes is retried
by Temporal; any other ends the activity with an `ApplicationError` whose type is the fault's code and whose message is for people.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field
from temporalio import activity

from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.model import Model
from duo_flows.domain.model_turns import StopReason
from duo_flows.domain.pipelines import NoteTarget, note_target_of
from duo_flows.domain.requests import Act, Choice, Request, RequestKind
from duo_flows.domain.sessions import Ending, SessionUpdate, Usage
from signals.messages import Answer, Pause, Resume, StartFlow, Stop

# How long nothing may be heard of a worker before its work is given to another. A machine that stutters is not dead yet, and a
# model turn that is begun again is paid for again; but a person waits.
SIGN_OF_LIFE = timedelta(seconds=30)


class OpenSession(Model):
    """Asks to open a session, or a later run of one, for a workflow that has just started.

    `execution_id` is that of the first run of its chain: a workflow id that is used again is another session.
    """

    flow: str
    workflow_id: str
    execution_id: str = ""
    start: StartFlow


class Limits(Model):
    """What the operator's settings allow a session, frozen when it opens."""

    request_timeout: timedelta
    pipeline_poll_interval: timedelta
    pipeline_wait_timeout: timedelta
    cost_cap_microusd: int
    sign_of_life: timedelta = SIGN_OF_LIFE


class OpenedSession(Model):
    """An open session: who, where, what for, and the definition without its prompts, which stay in the content store."""

    session_id: str
    run: int
    flow: str
    project_id: int
    project_path: str
    requester_id: int
    requester: str
    merge_request_iid: int | None = None
    issue_iid: int | None = None
    pipeline_id: int | None = None
    branch: str
    definition_ref: str
    definition: FlowDefinition
    privileges: tuple[str, ...]
    tools_deny: tuple[str, ...] = ()
    tools_allow: tuple[str, ...] | None = None
    limits: Limits
    context: dict[str, Any]


class Scope(Model):
    """For whom and where an activity acts. Small, because it stands in every activity's input."""

    session_id: str
    run: int
    flow: str
    project_id: int
    project_path: str
    branch: str
    requester_id: int
    requester: str
    definition_ref: str
    privileges: tuple[str, ...]
    tools_deny: tuple[str, ...] = ()
    tools_allow: tuple[str, ...] | None = None
    merge_request_iid: int | None = None
    issue_iid: int | None = None

    @property
    def note_target(self) -> NoteTarget | None:
        """Return where people follow the session in GitLab, or None where it has no item."""
        return note_target_of(self.project_id, merge_request_iid=self.merge_request_iid, issue_iid=self.issue_iid)


class ModelTurn(Model):
    """Asks a model for the next turn of an agent.

    `conversation_ref` names what was said before ("" at the beginning); the conversation itself never travels. `tool_results`
    answer the calls of the turn before; `messages` are said by people or by us in between. `greets` says that the agent is entered:
    it is given its prompt, unless it was given the same one before. `assignment` is what a supervisor asks for, said after the
    prompt; `subsession` the number of a sub-agent's conversation, 0 for a component's own.
    """

    scope: Scope
    component: str
    step: int
    turn: int
    inputs: dict[str, Any] = Field(default_factory=dict)
    conversation_ref: str = ""
    greets: bool = False
    tool_results: tuple[ToolResult, ...] = ()
    messages: tuple[str, ...] = ()
    assignment: Any = None
    subsession: int = 0
    rounds_left: int | None = None
    must_finish: bool = False
    cost_cap_microusd: int


class ToolResult(Model):
    """The result of a tool call for the model: by reference, or in short words of ours, and then `answer`, a value of the context.

    `value` is for the context and no model reads it.
    """

    call_id: str
    text_ref: str = ""
    text: str = ""
    answer: Any = None
    value: Any = None
    is_error: bool = False


class CallRequest(Model):
    """A tool call that a model asks for; long arguments travel by reference.

    With a `problem` it is not made, and the model is told that.
    """

    id: str
    name: str
    arguments: Any
    problem: str = ""


class ModelTurnDone(Model):
    """What a turn gave: calls, or a final answer, or a problem to tell the model about in the next turn.

    `tokens` is how long the conversation is now, as far as the provider counted; `is_long` says that it is to be compacted before
    the next turn; `is_too_long` that the provider did not take it, and that the turn has not taken place.
    """

    conversation_ref: str
    stop_reason: StopReason
    calls: tuple[CallRequest, ...] = ()
    answer: Any = None
    problem: str = ""
    is_over_cap: bool = False
    is_long: bool = False
    is_too_long: bool = False
    tokens: int = 0
    usage: Usage = Usage()


class CompactConversation(Model):
    """Asks for a summary of a conversation's older messages, before the turn of this number. `tokens`: its length; 0 if unknown."""

    scope: Scope
    component: str
    subsession: int = 0
    step: int
    turn: int
    conversation_ref: str
    tokens: int = 0
    cost_cap_microusd: int


class ConversationCompacted(Model):
    """The conversation from now on: the same reference where nothing was to be left out. `problem` says why it may not go on."""

    conversation_ref: str
    is_over_cap: bool = False
    problem: str = ""


class ToolRun(Model):
    """Asks for one tool call. `call_id` is empty where a step calls and not a model; `turn` is the agent's, 0 without one.

    `keeps_value`: what the tool gives is wanted for the context, also where a model has called it.
    """

    scope: Scope
    component: str
    step: int
    tool: str
    arguments: Any
    call_id: str = ""
    turn: int = 0
    subsession: int = 0
    keeps_value: bool = False


class ToolDone(Model):
    """What a tool gave: `value` for the context (by reference where large), `text_ref` for a model; or why it did not work."""

    value: Any = None
    text_ref: str = ""
    error: str = ""
    error_code: str = ""


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


class Announce(Model):
    """Puts a stored text into the session's item in GitLab."""

    scope: Scope
    text_ref: str
    marker: str


class Reply(Model):
    """Answers a person's comment in GitLab; with `change_ref` what is asked about is shown in full below the text."""

    scope: Scope
    note_id: int
    text: str
    change_ref: str = ""
    is_text: bool = False
    kind: RequestKind = RequestKind.APPROVAL


class Prove(Model):
    """Asks whether an act was sent by a door, or may count although it was not."""

    scope: Scope
    workflow_id: str
    event_id: str
    first_seen_at: datetime
    answer: Answer | None = None
    stop: Stop | None = None
    pause: Pause | None = None
    resume: Resume | None = None

    @property
    def message(self) -> Answer | Stop | Pause | Resume | None:
        """Return the message that is to be proven."""
        return self.answer or self.stop or self.pause or self.resume


class Proven(Model):
    """Who acted, as far as it is proven; `objection` is the reason why the act does not count.

    `may_stop` tells whether the person may stop, pause and resume the session.
    """

    act: Act | None = None
    actor_id: int = 0
    actor: str = ""
    received_at: datetime | None = None
    may_stop: bool = False
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


class LookAtPipeline(Model):
    """Asks how the pipeline of a commit stands."""

    scope: Scope
    sha: str


class PipelineSeen(Model):
    """The newest pipeline of the commit; `pipeline_id` 0 while there is none."""

    pipeline_id: int = 0
    status: str = ""
    is_finished: bool = False
    web_url: str = ""


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


ModelTurn.model_rebuild()


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


class ModelContract(ABC):
    """Model turns."""

    @abstractmethod
    @activity.defn(name="model_turn")
    async def model_turn(self, task: ModelTurn) -> ModelTurnDone:
        """Ask the model once; a turn that was answered before is given again without asking."""

    @abstractmethod
    @activity.defn(name="compact_conversation")
    async def compact_conversation(self, task: CompactConversation) -> ConversationCompacted:
        """Put a summary in the place of a conversation's older messages, once."""


class ToolContract(ABC):
    """Tool calls."""

    @abstractmethod
    @activity.defn(name="call_tool")
    async def call_tool(self, task: ToolRun) -> ToolDone:
        """Call a tool after checking flow, policy and the requester's own access."""

    @abstractmethod
    @activity.defn(name="look_at_pipeline")
    async def look_at_pipeline(self, task: LookAtPipeline) -> PipelineSeen:
        """Look at the pipeline of a commit."""


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
