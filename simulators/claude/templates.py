"""The templates of a script: what they can see, and the functions that derive an answer from what tools returned.

Jinja2 in its sandbox; a name that is not set is an error. Nothing here knows the API's shapes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jinja2

from simulators.scenario_variables import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulators.claude.conversation import Conversation

_NUMBERED = re.compile(r"^\s*(\d+)\| ?(.*)$")
_WHOLE_EXPRESSION = re.compile(r"^\s*\{\{((?:(?!\{\{|\}\}).)*)\}\}\s*$", re.DOTALL)


class TemplateError(Exception):
    """A template of the script cannot be rendered; the message says which and why."""


@dataclass(frozen=True)
class Line:
    """A line of a text: its number as printed in front of it (`  114| text`), or else its place, from 1."""

    number: int
    text: str


def lines_of(text: str) -> list[Line]:
    """The lines of a text, with the numbers that a tool printed in front of them taken off."""
    lines = text.splitlines()
    found = [_NUMBERED.match(line) for line in lines]
    return [
        Line(int(match.group(1)), match.group(2)) if match else Line(place, line)
        for place, (line, match) in enumerate(zip(lines, found, strict=True), start=1)
    ]


def find_line(text: str, pattern: str) -> Line:
    """The first line in which the pattern is found.

    Raises:
        TemplateError: it is in none.
    """
    for line in lines_of(text):
        if re.search(pattern, line.text):
            return line
    raise TemplateError(f"find_line: no line matches {pattern!r}")


def line_at(text: str, number: int) -> str:
    """The text of the line with this number.

    Raises:
        TemplateError: there is none.
    """
    for line in lines_of(text):
        if line.number == int(number):
            return line.text
    raise TemplateError(f"line_at: there is no line {number}")


def line_of(text: str, needle: str) -> int:
    """The number of the first line that holds the text, 0 if none does."""
    return next((line.number for line in lines_of(text) if needle in line.text), 0)


def regex_search(text: str, pattern: str, group: int | str = 0) -> str:
    """A group of the first match, empty if there is none."""
    match = re.search(pattern, text)
    return "" if match is None else match.group(group) or ""


def regex_findall(text: str, pattern: str) -> list[Any]:
    """All matches."""
    return re.findall(pattern, text)


def regex_replace(text: str, pattern: str, replacement: str) -> str:
    r"""The text with every match replaced; `\1` is a group."""
    return re.sub(pattern, replacement, text)


def after_first_line(text: str) -> str:
    """The text without its first line: a file's content without the header that the tool put above it."""
    return text.partition("\n")[2]


def indent_of(line: str) -> str:
    """The white space that a line starts with."""
    return line[: len(line) - len(line.lstrip())]


def json_objects(text: str) -> list[dict[str, Any]]:
    """Every JSON object written in a text, also those inside others, in the order they begin."""
    found: list[dict[str, Any]] = []
    decoder, position = json.JSONDecoder(), 0
    while (start := _next_json(text, position)) >= 0:
        try:
            value, position = decoder.raw_decode(text, start)
        except json.JSONDecodeError:
            position = start + 1
        else:
            found += _objects_in(value)
    return found


def _next_json(text: str, position: int) -> int:
    starts = [start for start in (text.find("{", position), text.find("[", position)) if start >= 0]
    return min(starts, default=-1)


def _objects_in(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [inner for item in value for inner in _objects_in(item)]
    if isinstance(value, dict):
        return [value, *(inner for item in value.values() for inner in _objects_in(item))]
    return []


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "after_first_line": after_first_line,
    "find_line": find_line,
    "indent_of": indent_of,
    "json_objects": json_objects,
    "line_at": line_at,
    "line_of": line_of,
    "lines_of": lines_of,
    "regex_findall": regex_findall,
    "regex_replace": regex_replace,
    "regex_search": regex_search,
}
"""What templates can call, besides Jinja2's own filters and `tool_result(name)`, `tool_results(name)`."""

_ENVIRONMENT = environment()
_ENVIRONMENT.globals |= FUNCTIONS


class Scope:
    """The names that templates of one turn see: scenario variables, the request's texts, captures, `let`, functions."""

    def __init__(self, conversation: Conversation, *, variables: Mapping[str, Any]) -> None:
        self._names: dict[str, Any] = {
            **variables,
            "system": conversation.system,
            "conversation": conversation.text,
            "last_user_text": conversation.last_user_text,
            "turn_number": conversation.turn_number,
            "tools": list(conversation.tools),
            "tool_result": lambda tool: _last_result(conversation, tool),
            "tool_results": lambda tool: [item.text for item in conversation.tool_results if item.tool == tool],
        }

    def define(self, name: str, value: Any) -> None:
        """Add a name for what is rendered afterwards."""
        self._names[name] = value

    def render(self, value: Any, *, where: str) -> Any:
        """Render every text in a value. A text that is one `{{ expression }}` becomes the expression's value, not its text.

        Raises:
            TemplateError: naming the place.
        """
        if isinstance(value, str):
            return self._render_text(value, where=where)
        if isinstance(value, list):
            return [self.render(item, where=f"{where}.{index}") for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self.render(item, where=f"{where}.{key}") for key, item in value.items()}
        return value

    def _render_text(self, text: str, *, where: str) -> Any:
        whole = _WHOLE_EXPRESSION.match(text)
        try:
            if whole is not None:
                return self._value_of(whole.group(1))
            return _ENVIRONMENT.from_string(text).render(self._names)
        except (jinja2.TemplateError, TemplateError, re.error, TypeError, ValueError, ArithmeticError) as error:
            raise TemplateError(f"{where}: {error}") from error

    def _value_of(self, expression: str) -> Any:
        value = _ENVIRONMENT.compile_expression(expression, undefined_to_none=False)(**self._names)
        if isinstance(value, jinja2.Undefined):
            str(value)  # a strict undefined tells its name when it is looked at
        return value


def _last_result(conversation: Conversation, tool: str) -> str:
    texts = [item.text for item in conversation.tool_results if item.tool == tool]
    if not texts:
        raise TemplateError(f"tool_result: {tool} has not answered yet")
    return texts[-1]
