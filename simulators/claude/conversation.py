"""What a request says, read into one view: the texts, tools and tool results that conditions and templates look at.

Reads only valid requests (`validation` comes before); decides nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Block = dict[str, Any]


@dataclass(frozen=True)
class ToolResult:
    """What a tool gave back, with the name of the tool that the result itself does not carry."""

    tool: str
    text: str
    is_error: bool


@dataclass(frozen=True)
class Conversation:
    """One request to `/v1/messages`; `body` is its JSON."""

    body: Mapping[str, Any]

    @cached_property
    def system(self) -> str:
        """The system prompt; empty if there is none."""
        return text_of(self.body.get("system"))

    @cached_property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools that were sent."""
        return tuple(tool.get("name", "") for tool in self.body.get("tools") or ())

    @cached_property
    def schema(self) -> dict[str, Any] | None:
        """JSON Schema of the structured output that is asked for."""
        output_format = (self.body.get("output_config") or {}).get("format") or {}
        return output_format.get("schema")

    @cached_property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        """All messages, oldest first."""
        return tuple(self.body["messages"])

    @cached_property
    def turn_number(self) -> int:
        """1 for the first answer of the assistant, 2 for the second, and so on."""
        return 1 + len([message for message in self.messages if message["role"] == "assistant"])

    @cached_property
    def last_user_text(self) -> str:
        """The text of the latest user message that has any; tool results are not text of the user."""
        texts = [text_of(message["content"]) for message in self.messages if message["role"] == "user"]
        return next((text for text in reversed(texts) if text), "")

    @cached_property
    def text(self) -> str:
        """The whole conversation without the system prompt, tool calls and results included, one part per paragraph."""
        return "\n\n".join(_readable(block) for message in self.messages for block in blocks_of(message["content"]))

    @cached_property
    def tool_results(self) -> tuple[ToolResult, ...]:
        """Every tool result so far, oldest first."""
        return tuple(result for message in self.messages for result in self._results_in(message))

    @cached_property
    def last_tool_results(self) -> tuple[ToolResult, ...]:
        """The tool results of the last message; empty where a person spoke last."""
        return self._results_in(self.messages[-1])

    @cached_property
    def identity(self) -> str:
        """The same for all requests of one conversation: who was addressed, and what was said first."""
        return digest([self.system, blocks_of(self.messages[0]["content"])])

    @cached_property
    def request_digest(self) -> str:
        """The same for a request that is sent again."""
        return digest(dict(self.body))

    @cached_property
    def _tool_names(self) -> dict[str, str]:
        blocks = [block for message in self.messages for block in blocks_of(message["content"])]
        return {block["id"]: block["name"] for block in blocks if block["type"] == "tool_use"}

    def _results_in(self, message: Mapping[str, Any]) -> tuple[ToolResult, ...]:
        found = [block for block in blocks_of(message["content"]) if block["type"] == "tool_result"]
        return tuple(
            ToolResult(
                tool=self._tool_names.get(block["tool_use_id"], ""),
                text=text_of(block.get("content")),
                is_error=bool(block.get("is_error")),
            )
            for block in found
        )


def blocks_of(content: Any) -> list[Block]:
    """A message's content as blocks; a plain text is one text block."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return list(content or ())


def text_of(content: Any) -> str:
    """The text blocks of a content, joined by line breaks."""
    return "\n".join(block["text"] for block in blocks_of(content) if block.get("type") == "text")


def digest(value: Any) -> str:
    """A short name of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _readable(block: Block) -> str:
    if block["type"] == "tool_use":
        return f"[{block['name']} {json.dumps(block['input'])}]"
    if block["type"] == "tool_result":
        return text_of(block.get("content"))
    return str(block.get("text", ""))
