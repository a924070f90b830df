"""What the API refuses. Each check raises the 400 that a client would get; nothing here answers a valid request.

The sentences follow the API's where they are known. Two rules are stricter than the API, because breaking them is a mistake in
a client of ours: roles must alternate, and every message must have content.

Source: https://platform.claude.com/docs/en/api/messages and the migration guide of the 5.5 models.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema

from simulators.claude.catalogue import OUTPUT_TOKENS, find_model
from simulators.claude.conversation import Block, blocks_of
from simulators.claude.errors import invalid
from simulators.claude.signatures import is_signed

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOOL_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,128}$")
_SAMPLING = ("temperature", "top_p", "top_k")
_UNSUPPORTED_IN_SCHEMAS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength")
"""Keywords that structured output refuses; the SDK's `transform_schema` moves them into descriptions."""
_BLOCKS = {
    "user": {"text", "tool_result", "image", "document"},
    "assistant": {"text", "tool_use", "thinking", "redacted_thinking"},
}


def check_request(body: Any, *, needs_max_tokens: bool = True) -> None:
    """Refuse what the API refuses.

    Args:
        body: the request's JSON.
        needs_max_tokens: false for `count_tokens`.

    Raises:
        ApiError: 400 with the place of the mistake, or 404 for an unknown model.
    """
    if not isinstance(body, dict):
        raise invalid("The request body is not a JSON object")
    if not isinstance(body.get("model"), str):
        raise invalid("model: Field required")
    find_model(body["model"])
    if needs_max_tokens:
        _check_max_tokens(body)
    _check_settings(body)
    _check_tools(body.get("tools") or [])
    _check_output_config(body.get("output_config") or {})
    _check_messages(body.get("messages"))


def _check_max_tokens(body: Mapping[str, Any]) -> None:
    if "max_tokens" not in body:
        raise invalid("max_tokens: Field required")
    if not isinstance(body["max_tokens"], int) or body["max_tokens"] < 1:
        raise invalid("max_tokens: Input should be greater than or equal to 1")
    if body["max_tokens"] > OUTPUT_TOKENS:
        raise invalid(
            f"max_tokens: {body['max_tokens']} > {OUTPUT_TOKENS}, which is the maximum allowed number of output tokens for "
            f"{body['model']}"
        )


def _check_settings(body: Mapping[str, Any]) -> None:
    for name in _SAMPLING:
        if name in body:
            raise invalid(f"{name}: sampling parameters are not supported on this model")
    choice = (body.get("tool_choice") or {}).get("type", "auto")
    if choice not in {"auto", "none"}:
        raise invalid(f"tool_choice: type '{choice}' is not supported on this model; use 'auto', and output_config for JSON")
    thinking = (body.get("thinking") or {}).get("type", "adaptive")
    if thinking not in {"adaptive", "between_tools"}:
        raise invalid(f"thinking.type: '{thinking}' is not supported on this model; use 'adaptive'")


def _check_tools(tools: list[Any]) -> None:
    names: set[str] = set()
    for index, tool in enumerate(tools):
        where = f"tools.{index}"
        if not isinstance(tool, dict) or not _TOOL_NAME.match(str(tool.get("name", ""))):
            raise invalid(f"{where}.custom.name: String should match pattern '{_TOOL_NAME.pattern}'")
        if tool["name"] in names:
            raise invalid("tools: Tool names must be unique.")
        names.add(tool["name"])
        schema = tool.get("input_schema")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise invalid(f"{where}.custom.input_schema.type: Input should be 'object'")
        _check_json_schema(schema, where=f"{where}.custom.input_schema")


def _check_output_config(config: Mapping[str, Any]) -> None:
    output_format = config.get("format")
    if output_format is None:
        return
    if output_format.get("type") != "json_schema" or not isinstance(output_format.get("schema"), dict):
        raise invalid("output_config.format: must be {type: json_schema, schema: …}")
    _check_json_schema(output_format["schema"], where="output_config.format.schema")
    _check_strictness(output_format["schema"])


def _check_json_schema(schema: Mapping[str, Any], *, where: str) -> None:
    try:
        jsonschema.Draft202012Validator.check_schema(dict(schema))
    except jsonschema.SchemaError as error:
        raise invalid(f"{where}: JSON schema is invalid. {error.message}") from error


def _check_strictness(schema: Any) -> None:
    """Structured output takes closed objects and no numeric or length limits, at every depth."""
    where = "output_config.format.schema"
    if isinstance(schema, list):
        for item in schema:
            _check_strictness(item)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    if kind == "object" and schema.get("additionalProperties") is not False:
        raise invalid(f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false")
    refused = [name for name in _UNSUPPORTED_IN_SCHEMAS if name in schema and isinstance(kind, str)]
    if refused:
        raise invalid(f"{where}: For '{kind}' type, properties {', '.join(refused)} are not supported")
    for name, inner in schema.items():
        _check_strictness(list(inner.values()) if name in {"properties", "$defs"} and isinstance(inner, dict) else inner)


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise invalid("messages: at least one message is required")
    for index, message in enumerate(messages):
        _check_message(message, where=f"messages.{index}", expected="assistant" if index % 2 else "user")
    if messages[-1]["role"] == "assistant":
        raise invalid("This model does not support assistant message prefill. The conversation must end with a user message.")
    for index, message in enumerate(messages):
        before = messages[index - 1] if index else {"role": "user", "content": []}
        if message["role"] == "user":
            _check_pairing(before, message, index=index)


def _check_message(message: Any, *, where: str, expected: str) -> None:
    if not isinstance(message, dict) or message.get("role") not in _BLOCKS:
        raise invalid(f"{where}.role: Input should be 'user' or 'assistant'")
    if message["role"] != expected:
        raise invalid(f'{where}: roles must alternate between "user" and "assistant", and the first must be "user"')
    if not message.get("content"):
        raise invalid(f"{where}: all messages must have non-empty content")
    for number, block in enumerate(blocks_of(message["content"])):
        _check_block(block, role=expected, where=f"{where}.content.{number}")


def _check_block(block: Any, *, role: str, where: str) -> None:
    if not isinstance(block, dict) or block.get("type") not in _BLOCKS[role]:
        kind = block.get("type") if isinstance(block, dict) else block
        raise invalid(f"{where}: Input tag '{kind}' does not match any of the expected tags: {', '.join(sorted(_BLOCKS[role]))}")
    if block["type"] == "text" and not str(block.get("text", "")).strip():
        raise invalid("messages: text content blocks must contain non-whitespace text")
    needed = {"tool_use": ("id", "name", "input"), "tool_result": ("tool_use_id",), "thinking": ("thinking", "signature")}
    for key in needed.get(block["type"], ()):
        if key not in block:
            raise invalid(f"{where}.{block['type']}.{key}: Field required")
    if block["type"] == "thinking" and not is_signed(block["thinking"], signature=block["signature"]):
        raise invalid(f"{where}: Invalid `signature` in `thinking` block")


def _check_pairing(before: Mapping[str, Any], message: Mapping[str, Any], *, index: int) -> None:
    """Every call of the previous message has its result here, first in the message, and no result is without its call."""
    called = [block["id"] for block in blocks_of(before["content"]) if block["type"] == "tool_use"]
    blocks = blocks_of(message["content"])
    answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    for number, tool_use_id in enumerate(answered):
        if tool_use_id not in called:
            raise invalid(
                f"messages.{index}.content.{number}: unexpected `tool_use_id` found in `tool_result` blocks: {tool_use_id}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
    missing = [tool_use_id for tool_use_id in called if tool_use_id not in answered]
    if missing:
        raise invalid(
            f"messages.{index - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
        )
    if len(set(answered)) != len(answered):
        raise invalid(f"messages.{index}: each tool_use must have a single result. Found multiple `tool_result` blocks with one id")
    _check_results_come_first(blocks, index=index)


def _check_results_come_first(blocks: list[Block], *, index: int) -> None:
    kinds = [block["type"] == "tool_result" for block in blocks]
    if kinds != sorted(kinds, reverse=True):
        raise invalid(f"messages.{index}: `tool_result` blocks must come before any other content in the message")
