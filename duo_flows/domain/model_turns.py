"""One turn of a model, in our words: what is asked and what comes back. No provider's types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic import Field

from .model import Model
from .sessions import Usage


class ToolSchema(Model):
    """A tool as a model sees it; `input_schema` is JSON Schema of type object."""

    name: str
    description: str
    input_schema: dict[str, Any]


class ToolCall(Model):
    """A call that a model asks for; `id` is the model's and pairs it with its result."""

    id: str
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


# Longer than any provider's.
_ID_MAX = 200

# Source: Anthropic's Messages API, which takes no other names of tools back.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")


def misnamed_calls(calls: Sequence[ToolCall]) -> str:
    """Return what to tell a model whose calls cannot be told apart, or name no tool that could be; empty where all is well.

    What a model makes up as a name stands in questions, logs and keys.
    """
    ids = [call.id for call in calls]
    # An empty id would pass for that of a step's call, which no model makes.
    if len(set(ids)) < len(ids) or not all(0 < len(call_id) <= _ID_MAX for call_id in ids):
        return "None of your calls was made: each needs an id of its own, not empty and not long. Make them again."
    if not all(_NAME.fullmatch(call.name) for call in calls):
        return "None of your calls was made: no tool has such a name. Call your tools by their names, of letters, digits, - and _."
    return ""


class ToolAnswer(Model):
    """What a tool call gave, for the model."""

    call_id: str
    text: str
    is_error: bool = False


class Message(Model):
    """One message of a conversation, in the provider's own content blocks, kept unchanged.

    Thinking blocks are bound to the conversation, so what the assistant said goes back exactly as it came.
    """

    role: str
    content: list[dict[str, Any]]


def user_message(answers: Sequence[ToolAnswer], texts: Sequence[str]) -> Message:
    """Return what we say to a model: first the results of its calls, then texts."""
    results = [
        {"type": "tool_result", "tool_use_id": answer.call_id, "content": answer.text, "is_error": answer.is_error}
        for answer in answers
    ]
    return Message(role="user", content=[*results, *({"type": "text", "text": text} for text in texts)])


class StopReason(StrEnum):
    """Why a turn ended."""

    FINISHED = "finished"
    TOOL_CALLS = "tool_calls"
    CUT_OFF = "cut_off"
    REFUSED = "refused"


# The code of the fault with which a planner answers a conversation that is longer than its model takes.
CONVERSATION_TOO_LONG = "conversation_too_long"


class TurnRequest(Model):
    """A question to the model. `answer_schema`: JSON Schema that a final answer must fit; None for free text.

    `timeout_seconds`: after so long without a sign of the model the question counts as lost; None for the planner's own limit.
    """

    model: str
    system: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSchema, ...] = ()
    answer_schema: dict[str, Any] | None = None
    max_tokens: int = 16_000
    timeout_seconds: float | None = None
    labels: dict[str, str] = Field(default_factory=dict)


class TurnReply(Model):
    """What the model answered: `message` to go back unchanged, and what we read out of it."""

    message: Message
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    stop_reason: StopReason
    stop_details: str = ""
    usage: Usage
    provider_request_id: str = ""


class TurnProgress(Model):
    """How far a streaming turn is, for heartbeats and for counting what was paid although it never arrived.

    `usage` is what the turn has cost so far; its `turns` is 0 until the provider has begun to answer.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    events: int = 0
    usage: Usage = Usage()
