"""What can be started in a scenario, as lines to copy: the flows of the running stack that fit what stands in its GitLab."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from duo_flows.bootstrap.flow_files import look_at
from duo_flows.domain.flow_definition import FlowDefinition, InputField

from .client import Api

FIX = "fix_pipeline"
_BUILT_IN = "built-in"
# What a person can leave as it is: a number that most scenarios have, a date that stays ahead.
_VALUES = {"integer": "1", "number": "1", "boolean": "true", "array": "[]", "object": "{}"}
_DATES = {"date": "2030-01-31", "date-time": "2030-01-31T12:00:00Z"}
_GOAL = "WHAT YOU WANT"


@dataclass(frozen=True, kw_only=True)
class FlowStart:
    """One flow to start: the options of `duoflow run`, and the fields of Temporal's input beside project and requester."""

    flow: str
    options: str
    fields: dict[str, Any] = field(default_factory=dict)


def fix_of(merge_request_iid: int) -> FlowStart:
    """Return the start of fix_pipeline on a merge request."""
    fields = {"merge_request_iid": merge_request_iid}
    return FlowStart(flow=FIX, options=f"--merge-request {merge_request_iid}", fields=fields)


async def own_flows(api: Api, project: str) -> list[FlowStart]:
    """Return the starts of the project's own flows that can run; none where it has none."""
    found = [flow for flow in await api.flows(project) if flow["source"] != _BUILT_IN and flow["is_valid"]]
    return [_start_of(flow["name"], (await api.flow(flow["name"], project))["text"]) for flow in found]


def _start_of(name: str, text: str) -> FlowStart:
    definition = look_at(text.encode(), is_custom=True).definition
    options = [*(_inputs_of(definition) if definition else ()), f'--goal "{_GOAL}"']
    return FlowStart(flow=name, options=" ".join(options), fields={"goal": _GOAL})


def _inputs_of(definition: FlowDefinition) -> Iterable[str]:
    for asked in definition.flow.inputs:
        for name, one in asked.input_schema.items():
            if not one.optional:
                yield f"--input {asked.category}.{name}={_value_of(one)}"


def _value_of(one: InputField) -> str:
    return _DATES.get(one.format or "", "TEXT") if one.type == "string" else _VALUES.get(one.type, "TEXT")
