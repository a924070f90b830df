"""Which turn of a script answers a request, and why the others do not. Decides; renders nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulators.claude.script_file import Capture, ResultCondition, ToolSource, Turn, When

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simulators.claude.conversation import Conversation, ToolResult

_SHOWN_CHARACTERS = 200
"""Enough of a text to see what was sent, few enough to read the reasons of twenty turns."""


@dataclass(frozen=True)
class Match:
    """The turn that answers, and what its captures found."""

    turn: Turn
    captured: Mapping[str, str]


@dataclass(frozen=True)
class Mismatch:
    """A turn that does not answer, and every reason."""

    turn: Turn
    reasons: tuple[str, ...]


def judge(turn: Turn, *, conversation: Conversation, variables: Mapping[str, str]) -> Match | Mismatch:
    """Tell whether a turn's conditions hold and its captures find something."""
    reasons = list(_unmet(turn.when, conversation=conversation, variables=variables))
    if reasons:
        return Mismatch(turn, tuple(reasons))
    captured: dict[str, str] = {}
    for capture in turn.capture:
        found = _captured(capture, conversation=conversation)
        if found is None:
            reasons.append(
                f"capture: nothing in {_source_name(capture)} matches {' or '.join(f'/{pattern}/' for pattern in capture.pattern)}"
            )
        else:
            captured |= found
    return Mismatch(turn, tuple(reasons)) if reasons else Match(turn, captured)


def _unmet(when: When, *, conversation: Conversation, variables: Mapping[str, str]) -> Iterator[str]:
    yield from _unmet_texts(when, conversation=conversation)
    missing = [name for name in when.tools if name not in conversation.tools]
    if missing:
        yield f"tools: {', '.join(missing)} not sent (sent: {', '.join(conversation.tools) or 'none'})"
    if when.tool_results is not None:
        yield from _unmet_results(when.tool_results, conversation.last_tool_results)
    if when.turn_number not in {None, conversation.turn_number}:
        yield f"turn_number: it is turn {conversation.turn_number}, not {when.turn_number}"
    if when.wants_json is not None and when.wants_json != (conversation.schema is not None):
        yield f"schema: structured output is {'not ' if when.wants_json else ''}asked for"
    for name, value in when.variables.items():
        if variables.get(name) != value:
            yield f"variables: {name} is {variables.get(name)!r}, not {value!r}"
    if when.unless is not None and not list(_unmet(when.unless, conversation=conversation, variables=variables)):
        yield "not: its conditions hold"


def _unmet_texts(when: When, *, conversation: Conversation) -> Iterator[str]:
    texts = {
        "system": (when.system, conversation.system),
        "last_user_text": (when.last_user_text, conversation.last_user_text),
        "conversation": (when.conversation, conversation.text),
    }
    for name, (pattern, text) in texts.items():
        if pattern is not None and not re.search(pattern, text):
            yield f"{name}: /{pattern}/ not found in {_shown(text)}"


def _unmet_results(wanted: list[ResultCondition], results: tuple[ToolResult, ...]) -> Iterator[str]:
    """An empty list asks for a message without tool results."""
    if not wanted and results:
        yield f"tool_results: the last message has results of {', '.join(result.tool for result in results)}"
    for condition in wanted:
        if not any(_fits(condition, result) for result in results):
            sent = "; ".join(f"{result.tool}: {_shown(result.text)}" for result in results) or "none"
            yield f"tool_results: none in the last message fits {condition.model_dump(exclude_none=True)} (sent: {sent})"


def _fits(condition: ResultCondition, result: ToolResult) -> bool:
    return (
        condition.tool == result.tool
        and condition.is_error in {None, result.is_error}
        and (condition.matches is None or re.search(condition.matches, result.text) is not None)
    )


def _captured(capture: Capture, *, conversation: Conversation) -> dict[str, str] | None:
    texts = _sources(capture, conversation=conversation)
    for pattern in capture.pattern:
        for text in texts:
            match = re.search(pattern, text)
            if match is not None:
                return {name: value or "" for name, value in match.groupdict().items()}
    if not capture.optional:
        return None
    return {name: "" for pattern in capture.pattern for name in re.compile(pattern).groupindex}


def _sources(capture: Capture, *, conversation: Conversation) -> list[str]:
    if isinstance(capture.source, ToolSource):
        texts = [result.text for result in conversation.tool_results if result.tool == capture.source.tool]
        return texts[-1:] if capture.source.which == "last" else texts[::-1]
    by_name = {
        "system": conversation.system,
        "last_user_text": conversation.last_user_text,
        "conversation": conversation.text,
    }
    return [by_name[capture.source]]


def _source_name(capture: Capture) -> str:
    return f"results of {capture.source.tool}" if isinstance(capture.source, ToolSource) else capture.source


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…")
