"""The components of a flow and what they read, in GitLab's flow registry schema v1. What a definition says, never what it does.

Keys and defaults are GitLab's; ours are optional and named in each docstring. Dumped by alias, a value is valid flow YAML again.
Source: GitLab's flow registry documentation, version v1.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_serializer, model_validator

from .model import Model
from .requests import Choice

# GitLab allows 300 cycles in a graph and leaves 20 to finish cleanly.
DEFAULT_MAX_CYCLES = 280
DEFAULT_MAX_WRAP_UP_RETRIES = 3
DEFAULT_MAX_CORRECTION_ATTEMPTS = 3

TARGETS = ("context", "conversation_history", "status")

_DURATION = re.compile(r"(\d{1,9})\s*(s|m|h|d|w)", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class FlowModel(Model):
    """A part of a definition: takes and gives the file's own key (`from`, `as`), and takes our field name too."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)


class Input(FlowModel):
    """One value that a component reads: `context:a.b`, `status`, or a literal text. `name` is what templates and tools call it."""

    source: str = Field(alias="from")
    name: str = Field(alias="as")
    is_literal: bool = Field(default=False, alias="literal")
    is_optional: bool = Field(default=False, alias="optional")

    @model_validator(mode="before")
    @classmethod
    def _with_name(cls, data: Any) -> Any:
        if isinstance(data, str):
            data = {"from": data}
        if not isinstance(data, dict) or "as" in data or "name" in data or _says_literal(data):
            return data
        source = data.get("from", data.get("source"))
        return {**data, "as": re.split(r"[:.]", source)[-1]} if isinstance(source, str) else data

    @model_validator(mode="after")
    def _has_a_known_target(self) -> Input:
        if not self.is_literal:
            target, colon, path = self.source.partition(":")
            is_whole = target == "status" and not colon
            if target not in TARGETS or not (is_whole or (colon and all(path.split(".")))):
                raise ValueError(
                    "write `context:component.output` or `context:goal`; for a fixed text add `literal: true` and `as`"
                )
        return self

    @property
    def target(self) -> str:
        """Return what is read from: context, conversation_history or status; empty for a literal."""
        return "" if self.is_literal else self.source.partition(":")[0]

    @property
    def path(self) -> tuple[str, ...]:
        """Return the parts after the colon; empty for a literal and for `status`."""
        path = "" if self.is_literal else self.source.partition(":")[2]
        return tuple(path.split(".")) if path else ()


def _says_literal(data: dict[str, Any]) -> bool:
    # A literal has no path to take a name from: without `as` it is refused as incomplete.
    return data.get("literal") is True or data.get("is_literal") is True


class ToolUse(FlowModel):
    """A tool of a toolset; `forced` are parameters whose values a model cannot change."""

    name: str
    forced: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"name": data}
        if isinstance(data, dict) and not isinstance(data.get("name"), str):
            if len(data) != 1:
                raise ValueError("write a tool's name, or one tool's name with its forced parameters below it")
            name, forced = next(iter(data.items()))
            return {"name": name, "forced": forced}
        return data

    @field_validator("forced")
    @classmethod
    def _is_flat(cls, forced: dict[str, Any]) -> dict[str, Any]:
        deep = [name for name, value in forced.items() if any(isinstance(part, list | dict) for part in _parts(value))]
        if deep:
            raise ValueError(f"a forced parameter is a plain value, a flat list or a flat mapping; {deep[0]!r} is deeper")
        return forced

    @model_serializer
    def _to_file(self) -> str | dict[str, Any]:
        return {self.name: self.forced} if self.forced else self.name


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


class CycleLimit(FlowModel):
    """After `threshold` rounds an agent is told to finish; `iteration_warning_offset` rounds earlier it is warned."""

    threshold: int = Field(default=DEFAULT_MAX_CYCLES, ge=1)
    iteration_warning_offset: int | None = Field(default=None, ge=1)


class Compaction(FlowModel):
    """When an agent's older messages become a summary, and how many of the newest stay as they are.

    It is due when the conversation has more messages than `max_recent_messages` and more tokens than `trim_threshold` of what the
    model takes. Source: GitLab's documentation of conversation compaction.
    """

    max_recent_messages: int = Field(default=10, ge=1)
    recent_messages_token_budget: int = Field(default=40_000, ge=1)
    trim_threshold: float = Field(default=0.7, gt=0, le=1)


class SubAgent(FlowModel):
    """An agent that a supervisor may delegate to."""

    name: str


def _checked_name(name: Any) -> Any:
    if isinstance(name, str) and (not name or set(name) & set(":.#")):
        raise ValueError("a component's name is not empty and has no `:`, `.` or `#`")
    return name


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta) or (isinstance(value, str) and value.startswith("P")):
        return value
    match = _DURATION.fullmatch(str(value).strip().lower())
    if match is None:
        raise ValueError("write a duration such as `P7D` or `7d`")
    try:
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        raise ValueError("write a duration of at most 365 days") from None


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _compaction(value: Any) -> Any:
    return {True: {}, False: None}.get(value, value) if isinstance(value, bool) else value


def _threshold(value: Any) -> Any:
    return {"threshold": value} if isinstance(value, int) else value


ComponentName = Annotated[str, BeforeValidator(_checked_name)]
Duration = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0), le=timedelta(days=365))]
ModelTags = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
UiRole = Literal["agent", "tool"]
_GOAL = (Input.model_validate("context:goal"),)

AgentLogEvent = Literal[
    "on_agent_final_answer",
    "on_agent_reasoning",
    "on_tool_execution_success",
    "on_tool_execution_failed",
    "on_tool_approval_request",
    "on_delegation",
    "on_delegation_returns",
    "on_delegation_error",
]
StepLogEvent = Literal["on_tool_execution_success", "on_tool_execution_failed"]
OneOffLogEvent = Literal[
    "on_agent_final_answer",
    "on_agent_reasoning",
    "on_tool_call_input",
    "on_tool_execution_success",
    "on_tool_execution_failed",
]
HumanLogEvent = Literal["on_user_input_prompt", "on_user_response"]


class _Prompted(FlowModel):
    """What the components with a model have in common."""

    name: ComponentName
    prompt_id: str
    prompt_version: str | None = None
    inputs: tuple[Input, ...] = _GOAL
    model_tags: ModelTags = ()
    compaction: Annotated[Compaction | None, BeforeValidator(_compaction, json_schema_input_type=bool | Compaction | None)] = None

    @model_validator(mode="before")
    @classmethod
    def _preference_is_a_tag(cls, data: Any) -> Any:
        # GitLab's older key; where both stand, model_tags counts.
        if isinstance(data, dict) and "model_size_preference" in data:
            older = data["model_size_preference"]
            rest = {key: value for key, value in data.items() if key != "model_size_preference"}
            return rest if older is None or rest.get("model_tags") else {**rest, "model_tags": older}
        return data


class AgentComponent(_Prompted):
    """A model that works with tools until it answers. Ours: `cost_cap_usd`, what its turns may cost in one session.

    Output: `context:<name>.final_answer[.field]`.
    """

    type: Literal["AgentComponent"] = "AgentComponent"
    description: str = ""
    toolset: tuple[ToolUse, ...] = ()
    subagents: tuple[SubAgent, ...] = ()
    max_delegations: int | None = Field(default=None, ge=1)
    max_cycles: Annotated[CycleLimit, BeforeValidator(_threshold)] = CycleLimit()
    max_wrap_up_retries: int = Field(default=DEFAULT_MAX_WRAP_UP_RETRIES, ge=1)
    response_schema_id: str | None = None
    response_schema_version: str | None = None
    response_schema_tracking: bool = False
    require_tool_approval: bool = False
    pre_approved_tools: tuple[str, ...] = ()
    ui_log_events: tuple[AgentLogEvent, ...] = ()
    ui_role_as: UiRole | None = None
    cost_cap_usd: float | None = Field(default=None, gt=0)


class DeterministicStepComponent(FlowModel):
    """One call of one tool, without a model. Outputs: `tool_responses`, `error`, `execution_result` (success or failed)."""

    name: ComponentName
    type: Literal["DeterministicStepComponent"] = "DeterministicStepComponent"
    tool_name: str
    inputs: tuple[Input, ...] = ()
    toolset: tuple[ToolUse, ...] = ()
    ui_log_events: tuple[StepLogEvent, ...] = ()
    ui_role_as: UiRole | None = None


class OneOffComponent(_Prompted):
    """A model that calls tools in one round. Outputs: `tool_calls`, `tool_responses`, `execution_result`, `parsed_responses`."""

    type: Literal["OneOffComponent"] = "OneOffComponent"
    toolset: tuple[ToolUse, ...]
    max_correction_attempts: int = Field(default=DEFAULT_MAX_CORRECTION_ATTEMPTS, ge=0)
    ui_log_events: tuple[OneOffLogEvent, ...] = ()
    ui_role_as: UiRole | None = None


class HumanInputComponent(FlowModel):
    """A question to the requester. Output: `context:<name>.approval`, one of approve, reject, modify.

    Ours: `timeout` (ISO 8601 such as P7D, or 7d; None for the setting), `change` (the stored change that the question is about) and
    `choices` (which answers are offered; empty for all that fit).
    """

    name: ComponentName
    type: Literal["HumanInputComponent"] = "HumanInputComponent"
    sends_response_to: str
    message_template: str
    inputs: tuple[Input, ...] = ()
    interaction_type: Literal["approval", "input"] = "approval"
    ui_log_events: tuple[HumanLogEvent, ...] = ()
    timeout: Duration | None = None
    change: Input | None = None
    choices: tuple[Choice, ...] = ()


Component = Annotated[
    AgentComponent | DeterministicStepComponent | OneOffComponent | HumanInputComponent,
    Field(discriminator="type"),
]
