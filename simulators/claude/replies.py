"""From a turn of the script to the content of an answer, checked against what the request allows.

A script that answers what no model could (a tool that was not sent, JSON that breaks the schema) is a mistake of its writer, and
told as such.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jsonschema

from simulators.claude.signatures import sign
from simulators.claude.templates import Scope, TemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulators.claude.conversation import Block, Conversation
    from simulators.claude.matching import Match
    from simulators.claude.script_file import ReplyBlock


class ScriptError(Exception):
    """A turn of the script cannot be played; the message names it, and what to change."""


@dataclass(frozen=True)
class Answer:
    """What an assistant says: content blocks in the API's form, and why it stopped."""

    content: list[Block] = field(default_factory=list)
    stop_reason: str = "end_turn"
    stop_details: dict[str, Any] | None = None


def build_answer(match: Match, *, conversation: Conversation, variables: Mapping[str, str]) -> Answer:
    """Render a turn's reply.

    Raises:
        ScriptError: a template fails, a tool was not sent or its input breaks its schema, or structured output does.
    """
    turn = match.turn
    try:
        scope = Scope(conversation, variables={**variables, **match.captured})
        for name, template in turn.let.items():
            scope.define(name, scope.render(template, where=f"let.{name}"))
        content = [
            _block(block, scope=scope, conversation=conversation, where=f"reply.{index}") for index, block in enumerate(turn.reply)
        ]
    except (TemplateError, ScriptError) as error:
        raise ScriptError(f"{turn.name}: {error}") from error
    content = [block for block in content if block.get("text") != ""]
    calls = any(block["type"] == "tool_use" for block in content)
    stop_reason = turn.stop_reason or ("tool_use" if calls else "end_turn")
    if stop_reason == "end_turn":
        _check_final_text(content, conversation=conversation, where=turn.name)
    if stop_reason == "max_tokens":
        content = _cut_off(content)
    return Answer(content=content, stop_reason=stop_reason, stop_details=_stop_details(stop_reason))


def _block(block: ReplyBlock, *, scope: Scope, conversation: Conversation, where: str) -> Block:
    if block.tool_use is not None:
        name = str(scope.render(block.tool_use.name, where=f"{where}.tool_use.name"))
        arguments = scope.render(block.tool_use.input, where=f"{where}.tool_use.input")
        _check_call(name, arguments, conversation=conversation, where=where)
        return {"type": "tool_use", "id": f"toolu_{secrets.token_hex(12)}", "name": name, "input": arguments}
    if block.thinking is not None:
        return _thinking(str(scope.render(block.thinking, where=f"{where}.thinking")), conversation=conversation)
    if block.text is not None:
        return {"type": "text", "text": str(scope.render(block.text, where=f"{where}.text")).strip()}
    value = scope.render(block.json_value, where=f"{where}.json")
    return {"type": "text", "text": json.dumps(value, ensure_ascii=False)}


def _thinking(text: str, *, conversation: Conversation) -> Block:
    """Thinking is left out of the answer unless its summary was asked for, as in the API; the block is there all the same."""
    display = (conversation.body.get("thinking") or {}).get("display", "omitted")
    shown = text.strip() if display == "summarized" else ""
    return {"type": "thinking", "thinking": shown, "signature": sign(shown)}


def _check_call(name: str, arguments: Any, *, conversation: Conversation, where: str) -> None:
    schemas = {tool["name"]: tool["input_schema"] for tool in conversation.body.get("tools") or () if "input_schema" in tool}
    if name not in schemas:
        raise ScriptError(f"{where}: calls {name}, but the request sends {', '.join(schemas) or 'no tools'}")
    _check_fits(arguments, schemas[name], where=f"{where}: input of {name}")


def _check_final_text(content: list[Block], *, conversation: Conversation, where: str) -> None:
    """With structured output the text of an answer is JSON that fits the schema."""
    if conversation.schema is None:
        return
    text = "".join(block["text"] for block in content if block["type"] == "text")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ScriptError(
            f"{where}: the request asks for structured output, so reply must be one json block (or tool_use): {error}"
        ) from error
    _check_fits(value, conversation.schema, where=f"{where}: reply")


def _check_fits(value: Any, schema: Mapping[str, Any], *, where: str) -> None:
    errors = sorted(jsonschema.Draft202012Validator(dict(schema)).iter_errors(value), key=lambda error: error.json_path)
    if errors:
        told = "; ".join(f"{error.json_path}: {error.message}" for error in errors)
        raise ScriptError(f"{where} does not fit the schema that the request sends: {told}")


def _cut_off(content: list[Block]) -> list[Block]:
    """The second half of the last text is missing, as when the token limit ends an answer."""
    if not content or content[-1]["type"] != "text":
        return content
    text = content[-1]["text"]
    return [*content[:-1], {"type": "text", "text": text[: max(1, len(text) // 2)]}]


def _stop_details(stop_reason: str) -> dict[str, Any] | None:
    if stop_reason != "refusal":
        return None
    return {"type": "refusal", "category": None, "explanation": "The script refuses this request."}
