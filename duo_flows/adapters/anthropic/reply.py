"""From the provider's message to ours: the blocks unchanged, and what we read out of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from duo_flows.domain.errors import TryAgain
from duo_flows.domain.model_turns import Message, StopReason, ToolCall, TurnReply
from duo_flows.domain.sessions import Usage

from .prices import ModelPrice

if TYPE_CHECKING:
    from anthropic.types import Message as ClaudeMessage

# A reason is a line in a log.
DETAILS_MAX_LENGTH = 500

_STOP_REASONS: Mapping[str | None, StopReason] = {
    "end_turn": StopReason.FINISHED,
    "stop_sequence": StopReason.FINISHED,
    "tool_use": StopReason.TOOL_CALLS,
    "max_tokens": StopReason.CUT_OFF,
    "model_context_window_exceeded": StopReason.CUT_OFF,
    # Only tools that run at the provider pause a turn, and we give it none. Were it to happen, the answer is not whole.
    "pause_turn": StopReason.CUT_OFF,
    "refusal": StopReason.REFUSED,
}


def reply_of(message: ClaudeMessage, *, price: ModelPrice, request_id: str) -> TurnReply:
    """Return the reply that a complete message is. Calls are read only where the model stopped for them: others may be cut short.

    Raises:
        TryAgain: the message contradicts itself.
    """
    # A reason that we do not know is not taken for a whole answer.
    stop_reason = _STOP_REASONS.get(message.stop_reason, StopReason.CUT_OFF)
    blocks = [block for block in (part.to_dict(mode="json", warnings=False) for part in message.content) if not _is_blank(block)]
    calls = (
        tuple(_call(block) for block in blocks if block.get("type") == "tool_use") if stop_reason is StopReason.TOOL_CALLS else ()
    )
    if stop_reason is StopReason.TOOL_CALLS and not calls:
        raise TryAgain(f"Claude stopped for a tool call but made none (request {request_id}).")
    return TurnReply(
        message=Message(role="assistant", content=blocks),
        text="".join(str(block["text"]) for block in blocks if block.get("type") == "text"),
        tool_calls=calls,
        stop_reason=stop_reason,
        stop_details=_details(message, stop_reason),
        usage=usage_of(message, price=price),
        provider_request_id=request_id,
    )


def _is_blank(block: Mapping[str, Any]) -> bool:
    # The provider sends such blocks and refuses to take them back.
    return block.get("type") == "text" and not str(block.get("text", "")).strip()


def _call(block: Mapping[str, Any]) -> ToolCall:
    arguments = block.get("input")
    if not isinstance(arguments, dict):
        raise TryAgain(f"Claude called the tool {block.get('name')!r} with arguments that are no object.")
    return ToolCall(id=block["id"], name=block["name"], arguments=arguments)


def _details(message: ClaudeMessage, stop_reason: StopReason) -> str:
    if stop_reason is StopReason.REFUSED:
        said = message.stop_details
        parts = (said.category, said.explanation) if said else ()
        return ": ".join(part for part in parts if part)[:DETAILS_MAX_LENGTH] or "refusal"
    return str(message.stop_reason) if stop_reason is StopReason.CUT_OFF else ""


def usage_of(message: ClaudeMessage, *, price: ModelPrice) -> Usage:
    """Return the tokens of one turn and their cost; `input_tokens` are those that the cache neither gave nor took."""
    counted = Usage(
        turns=1,
        input_tokens=message.usage.input_tokens or 0,
        output_tokens=message.usage.output_tokens or 0,
        cache_read_tokens=message.usage.cache_read_input_tokens or 0,
        cache_write_tokens=message.usage.cache_creation_input_tokens or 0,
    )
    return counted.model_copy(update={"cost_microusd": price.cost(counted)})
