"""Tools: that they exist, that whoever has them may use them, and that what they are forced or given fits their arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from duo_flows.domain.flow_components import (
    AgentComponent,
    DeterministicStepComponent,
    HumanInputComponent,
    ToolUse,
)
from duo_flows.domain.tools import TO_COME, TOOLS, ToolSpec

from .findings import Finding, Path, listed, unknown
from .index import FlowIndex


def tools(index: FlowIndex) -> Iterator[Finding]:
    """Yield every tool that is not there, that an agent may not have, and every argument that does not fit one."""
    for position, component in enumerate(index.definition.components):
        if isinstance(component, HumanInputComponent):
            continue
        place: Path = ("components", position)
        if isinstance(component, DeterministicStepComponent):
            yield from _step(component, place=place)
            yield from _toolset(component.toolset, place=place, is_for_a_model=False)
        else:
            yield from _toolset(component.toolset, place=place, is_for_a_model=True)
        if isinstance(component, AgentComponent):
            yield from _pre_approved(component, place=place)


def names_of_tools(*, is_for_a_model: bool) -> tuple[str, ...]:
    """Return the tools that a model, or a step, can have; sorted."""
    return tuple(sorted(name for name, spec in TOOLS.items() if spec.for_agents or not is_for_a_model))


def _toolset(toolset: tuple[ToolUse, ...], *, place: Path, is_for_a_model: bool) -> Iterator[Finding]:
    known = names_of_tools(is_for_a_model=is_for_a_model)
    for number, use in enumerate(toolset):
        at: Path = (*place, "toolset", number)
        if use.name in TO_COME:
            continue  # a flow of GitLab's that has it runs; its model is not offered it, and its author is told
        if use.name not in TOOLS:
            yield from unknown(use.name, known, at=at, what="a tool")
        elif use.name not in known:
            yield Finding(at=at, found=use.name, allowed="a tool for agents; this one is only for a DeterministicStepComponent")
        else:
            yield from _forced(use, TOOLS[use.name], at=at)


def _forced(use: ToolUse, spec: ToolSpec, *, at: Path) -> Iterator[Finding]:
    arguments = arguments_of(spec)
    for name, value in use.forced.items():
        place = (*at, use.name, name)
        if name not in arguments:
            yield from unknown(name, tuple(arguments), at=place, what=f"a parameter of {spec.name}")
        elif (reason := misfit(arguments[name], value)) is not None:
            yield Finding(at=place, found=_told(value), allowed=f"{reason}, for the parameter {name} of {spec.name}")


def arguments_of(spec: ToolSpec) -> Mapping[str, FieldInfo]:
    """Return a tool's arguments by the names that a flow writes."""
    return {field.alias or name: field for name, field in spec.arguments.model_fields.items()}


def misfit(field: FieldInfo, value: Any) -> str | None:
    """Return what an argument takes, in words, if it does not take this value; None if it does."""
    try:
        TypeAdapter(_annotation(field)).validate_python(value)
    except ValidationError:
        return _words(field)
    return None


def _annotation(field: FieldInfo) -> Any:
    # A type adapter takes the limits of a field from the annotation.
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


_KINDS = {"integer": "a whole number", "number": "a number", "string": "a text", "boolean": "true or false", "null": "nothing"}
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} values",
    "maxItems": "at most {} values",
}


def _words(field: FieldInfo) -> str:
    schema = TypeAdapter(_annotation(field)).json_schema()
    choices = schema.get("anyOf", [schema])
    return " or ".join(_kind(choice, schema) for choice in choices)


def _kind(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        schema = whole.get("$defs", {}).get(str(schema["$ref"]).rpartition("/")[2], {})
    if "enum" in schema:
        return f"one of {listed(str(value) for value in schema['enum'])}"
    if "const" in schema:
        return str(schema["const"])
    kind = _KINDS.get(str(schema.get("type")), "a list" if schema.get("type") == "array" else "a mapping")
    limits = [words.format(schema[key]) for key, words in _LIMITS.items() if key in schema]
    return f"{kind}, {', '.join(limits)}" if limits else kind


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else str(value)


def _pre_approved(component: AgentComponent, *, place: Path) -> Iterator[Finding]:
    names = tuple(use.name for use in component.toolset)
    for number, name in enumerate(component.pre_approved_tools):
        at: Path = (*place, "pre_approved_tools", number)
        yield from unknown(name, names, at=at, what=f"a tool of the toolset of {component.name}")


def _step(component: DeterministicStepComponent, *, place: Path) -> Iterator[Finding]:
    at: Path = (*place, "tool_name")
    spec = TOOLS.get(component.tool_name)
    if component.tool_name in TO_COME:
        yield Finding(at=at, found=component.tool_name, allowed=f"a tool that is served: {TO_COME[component.tool_name].told}")
        return
    if spec is None:
        yield from unknown(component.tool_name, names_of_tools(is_for_a_model=False), at=at, what="a tool")
        return
    others = tuple(use.name for use in component.toolset)
    if others and component.tool_name not in others:
        yield Finding(at=at, found=component.tool_name, allowed=f"a tool of its toolset: {listed(others)}", names=others)
    yield from _given(component, spec, place=place)


def _given(component: DeterministicStepComponent, spec: ToolSpec, *, place: Path) -> Iterator[Finding]:
    arguments = arguments_of(spec)
    forced = {name for use in component.toolset if use.name == spec.name for name in use.forced}
    for number, given in enumerate(component.inputs):
        if given.name not in arguments:
            at: Path = (*place, "inputs", number)
            yield from unknown(given.name, tuple(arguments), at=at, what=f"an argument of {spec.name} as the input's name")
    missing = [
        name
        for name, field in arguments.items()
        if field.is_required() and name not in forced and name not in {given.name for given in component.inputs}
    ]
    if missing:
        what = f"{spec.name} without {', '.join(missing)}"
        allowed = f"an input for each argument that {spec.name} needs: {', '.join(f'`as: {name}`' for name in missing)}"
        yield Finding(at=(*place, "tool_name"), found=what, allowed=allowed)
