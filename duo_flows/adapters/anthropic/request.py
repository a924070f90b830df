"""From our question to the provider's: what goes over the wire, and in which order, so that the cache finds its beginning again.

The beginning is tools, then system, then messages; it stays the same bytes from turn to turn. Answers are asked for by
`output_config.format` and never by a forced tool: models from 5.5 on refuse that, and sampling parameters too.
"""

from __future__ import annotations

from typing import Any

from duo_flows.domain.model_turns import TurnRequest

from .answer_format import json_format

# Five minutes: an agent's turns follow each other within that; an approval takes hours, and no cache would wait for it.
_CACHED: dict[str, str] = {"type": "ephemeral"}


def wire_form(request: TurnRequest) -> dict[str, Any]:
    """Return the arguments of `messages.stream`.

    Raises:
        NeverAgain: the answer's schema has no form there.
    """
    tools = [{"name": tool.name, "description": tool.description, "input_schema": tool.input_schema} for tool in request.tools]
    form: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        # Marks the last block, so that the next turn reads this one from the cache.
        "cache_control": _CACHED,
    }
    if tools:
        form["tools"] = tools
    if request.system:
        # Marked by itself: another session of the same flow shares tools and system, but no message.
        form["system"] = [{"type": "text", "text": request.system, "cache_control": _CACHED}]
    if request.answer_schema is not None:
        form["output_config"] = {"format": json_format(request.answer_schema)}
    return form
