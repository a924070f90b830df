"""A script as it is written: every key of the file, its type and default, and how a mistake in it is told.

Nothing here matches a request or renders a reply; `matching` and `replies` do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from simulators.scenario_variables import ScenarioError, read_mapping

if TYPE_CHECKING:
    from pathlib import Path


def _checked_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Pattern = Annotated[str, AfterValidator(_checked_pattern)]
Patterns = Annotated[list[Pattern], BeforeValidator(_listed), Field(min_length=1)]


class Written(BaseModel):
    """A mapping in the file. Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ResultCondition(Written):
    """Holds when one tool result of the last message fits all that is given."""

    tool: str
    matches: Pattern | None = None
    is_error: bool | None = None


class When(Written):
    """Conditions over what was sent; all that are given must hold."""

    system: Pattern | None = None
    last_user_text: Pattern | None = None
    conversation: Pattern | None = None
    tools: list[str] = []
    tool_results: list[ResultCondition] | None = None
    turn_number: int | None = None
    wants_json: bool | None = Field(default=None, alias="schema")
    variables: dict[str, str] = {}
    unless: When | None = Field(default=None, alias="not")


class ToolSource(Written):
    """Results of one tool: the last one, or the first in which the pattern is found, latest first."""

    tool: str
    which: Literal["last", "any"] = "last"


class Capture(Written):
    """Named groups of a pattern become variables. Several patterns are tried in turn."""

    source: Literal["system", "last_user_text", "conversation"] | ToolSource = Field(alias="from")
    pattern: Patterns
    optional: bool = False


class Fail(Written):
    """An answer that goes wrong, before or in the middle of a stream."""

    status: int | None = Field(default=None, ge=400, le=599)
    retry_after: float | None = Field(default=None, ge=0)
    message: str = "The script asks for this failure."
    after_events: int | None = Field(default=None, ge=1)
    cut_after_events: int | None = Field(default=None, ge=1)
    times: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _is_one_kind(self) -> Fail:
        if (self.status is None) == (self.cut_after_events is None):
            raise ValueError("needs either status (an error) or cut_after_events (a lost connection)")
        return self


class ToolUse(Written):
    """A call of a tool; texts in `input` are templates."""

    name: str
    input: dict[str, Any] = {}


class ReplyBlock(Written):
    """One block of an answer: exactly one of its keys is given."""

    text: str | None = None
    thinking: str | None = None
    tool_use: ToolUse | None = None
    json_value: Any = Field(default=None, alias="json")

    @model_validator(mode="after")
    def _is_one_kind(self) -> ReplyBlock:
        if len(self.model_fields_set) != 1:
            raise ValueError("a block has exactly one of text, thinking, tool_use, json")
        return self


class Turn(Written):
    """One answer, and when it is given."""

    name: str = ""
    when: When = When()
    capture: list[Capture] = []
    let: dict[str, str] = {}
    times: int | None = Field(default=None, ge=1)
    fail: Fail | None = None
    stop_reason: Literal["end_turn", "tool_use", "max_tokens", "refusal", "model_context_window_exceeded"] | None = None
    latency_ms: int | None = Field(default=None, ge=0)
    chunk_delay_ms: int | None = Field(default=None, ge=0)
    reply: list[ReplyBlock] = []


class Script(Written):
    """The whole file. `latency_ms` and `chunk_delay_ms` hold for every turn that has none; `definitions` is for YAML anchors."""

    definitions: Any = None
    latency_ms: int = Field(default=0, ge=0)
    chunk_delay_ms: int = Field(default=0, ge=0)
    turns: list[Turn] = Field(min_length=1)


def read_script(file: Path) -> Script:
    """Read a script; turns without a name are called by their place.

    Raises:
        ScenarioError: every mistake with its key and what is allowed there.
    """
    root = read_mapping(file)
    try:
        script = Script.model_validate(root)
    except ValidationError as error:
        raise ScenarioError("\n".join(_mistake(item, file=file) for item in error.errors())) from error
    turns = [turn.model_copy(update={"name": turn.name or f"turn {place}"}) for place, turn in enumerate(script.turns, start=1)]
    return script.model_copy(update={"turns": turns})


_BY_KEY: dict[str, type[Written]] = {
    "turns": Turn,
    "when": When,
    "not": When,
    "tool_results": ResultCondition,
    "capture": Capture,
    "from": ToolSource,
    "ToolSource": ToolSource,
    "fail": Fail,
    "reply": ReplyBlock,
    "tool_use": ToolUse,
}


def _mistake(item: Any, *, file: Path) -> str:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] != "extra_forbidden":
        return f"{file}: {key}: {item['msg'].removeprefix('Value error, ')}"
    holder = next((_BY_KEY[part] for part in reversed(item["loc"][:-1]) if part in _BY_KEY), Script)
    allowed = sorted(field.alias or name for name, field in holder.model_fields.items())
    return f"{file}: {key}: is no key of a script; allowed here are {', '.join(allowed)}"
