"""How an answer goes over the wire: one JSON message, or the events of a stream. Shapes only; what is said is decided before.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulators.claude.usage import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulators.claude.conversation import Block
    from simulators.claude.replies import Answer
    from simulators.claude.usage import InputUsage

CHUNK_CHARACTERS = 24
"""About six tokens: a sentence arrives in several events, a long answer not in thousands."""


@dataclass(frozen=True)
class Envelope:
    """An answer with its id, its model and its price."""

    id: str
    model: str
    answer: Answer
    input_usage: InputUsage

    def message(self) -> dict[str, Any]:
        """The whole answer as one message."""
        return {
            **self._frame(),
            "content": self.answer.content,
            "stop_reason": self.answer.stop_reason,
            "stop_details": self.answer.stop_details,
            "usage": self._usage(self._output_tokens()),
        }

    def events(self) -> Iterator[dict[str, Any]]:
        """The answer as the events of a stream, in order."""
        yield {"type": "message_start", "message": {**self._frame(), "usage": self._usage(1)}}
        for index, block in enumerate(self.answer.content):
            yield {"type": "content_block_start", "index": index, "content_block": _empty(block)}
            if index == 0:
                yield {"type": "ping"}
            for delta in _deltas(block):
                yield {"type": "content_block_delta", "index": index, "delta": delta}
            yield {"type": "content_block_stop", "index": index}
        yield {
            "type": "message_delta",
            "delta": {
                "stop_reason": self.answer.stop_reason,
                "stop_sequence": None,
                "stop_details": self.answer.stop_details,
            },
            "usage": self._usage(self._output_tokens()),
        }
        yield {"type": "message_stop"}

    def _frame(self) -> dict[str, Any]:
        """What the first event knows: a message without content."""
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
        }

    def _usage(self, output_tokens: int) -> dict[str, Any]:
        usage = self.input_usage
        return {
            "input_tokens": usage.plain,
            "cache_creation_input_tokens": usage.created,
            "cache_read_input_tokens": usage.read,
            "output_tokens": output_tokens,
            "service_tier": "standard",
        }

    def _output_tokens(self) -> int:
        return sum(tokens_of(block) for block in self.answer.content) or 1


def server_sent(event: dict[str, Any]) -> bytes:
    """One event in the form of server-sent events."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _empty(block: Block) -> Block:
    """A block before its deltas."""
    blank: dict[str, Block] = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"input": {}},
    }
    return {**block, **blank[block["type"]]}


def _deltas(block: Block) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        for piece in _pieces(block["text"]):
            yield {"type": "text_delta", "text": piece}
    if block["type"] == "thinking":
        for piece in _pieces(block["thinking"]):
            yield {"type": "thinking_delta", "thinking": piece}
        yield {"type": "signature_delta", "signature": block["signature"]}
    if block["type"] == "tool_use":
        for piece in ("", *_pieces(json.dumps(block["input"], ensure_ascii=False))):
            yield {"type": "input_json_delta", "partial_json": piece}


def _pieces(text: str) -> list[str]:
    return [text[start : start + CHUNK_CHARACTERS] for start in range(0, len(text), CHUNK_CHARACTERS)]
