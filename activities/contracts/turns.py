"""Model turns: what is asked and what comes of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from pydantic import Field
from temporalio import activity

from duo_flows.domain.model import Model
from duo_flows.domain.model_turns import StopReason
from duo_flows.domain.sessions import Usage

from .calls import CallRequest, ToolResult
from .scope import Scope


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
