"""The JSON Schema (2020-12) of a flow file, for editors. Made from the models, the tools and the words for each key; pure.

It says of one place in a file what may stand there. What ties places together (names, ways, paths) only `duoflow flows validate`
tells. Where the loader reads several forms of one thing, the schema has each.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from .flow_components import DEFAULT_MAX_CYCLES
from .flow_definition import FlowDefinition
from .flow_key_words import KEY_WORDS
from .flow_rules.limits import CHOICES_OF_FLOWS, ENDINGS_OF_FLOWS, TYPES_OF_INPUTS
from .tools import TO_COME, TOOLS, ToolSpec

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PROMPTED = ("AgentComponent", "OneOffComponent")
_COMPONENTS = (*_PROMPTED, "DeterministicStepComponent", "HumanInputComponent")
# As `flow_components` reads them.
_NAME = r"^[^:.#]+$"
_PATH = r"^(status|(context|conversation_history):[^.:][^.]*(\.[^.]+)*)$"
_DURATION = r"^(P.+|\s*[0-9]{1,9}\s*[smhdwSMHDW]\s*)$"
_TEXT: Schema = {"type": "string"}


def flow_file_schema() -> Schema:
    """Return the schema; each call gives a value of its own."""
    schema = FlowDefinition.model_json_schema(by_alias=True)
    defs: dict[str, Schema] = schema.pop("$defs")
    defs["FlowDefinition"] = schema
    for name, words in KEY_WORDS.items():
        _describe(defs[name], words)
    _components(defs)
    _parts(defs)
    defs.update(_tools())
    del defs["ToolUse"]
    top = defs.pop("FlowDefinition")
    _by_type(top["properties"]["components"])
    for unused in ("Choice", "Ending"):
        del defs[unused]
    plain = _without_titles({**top, "$defs": dict(sorted(defs.items()))})
    title = {"$schema": _DIALECT, "title": "A flow of duo-flows: GitLab's flow registry schema v1, and optional keys of ours"}
    return {**title, **plain}


def _describe(definition: Schema, words: Mapping[str, str]) -> None:
    properties = definition["properties"]
    for key, text in words.items():
        properties[key] = {**properties.get(key, {}), "description": text}


def _components(defs: dict[str, Schema]) -> None:
    for name in _COMPONENTS:
        definition = defs[name]
        properties = definition["properties"]
        properties["name"]["pattern"] = _NAME
        properties["type"].pop("default", None)
        definition["required"] = sorted({*definition.get("required", ()), "type"})
        if "toolset" in properties:
            kind = "AgentTool" if name in _PROMPTED else "StepTool"
            properties["toolset"]["items"] = {"$ref": f"#/$defs/{kind}"}
    for name in _PROMPTED:
        properties = defs[name]["properties"]
        tags = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
        _replace(properties, "model_tags", tags)
        _replace(properties, "model_size_preference", {**tags, "anyOf": [*tags["anyOf"], {"type": "null"}], "deprecated": True})
        _replace(properties, "inputs", {"type": "array", "items": {"$ref": "#/$defs/Input"}, "default": ["context:goal"]})
    agent, step = defs["AgentComponent"]["properties"], defs["DeterministicStepComponent"]["properties"]
    limit = {"anyOf": [{"type": "integer", "minimum": 1}, {"$ref": "#/$defs/CycleLimit"}], "default": DEFAULT_MAX_CYCLES}
    _replace(agent, "max_cycles", limit)
    named = {"anyOf": [{"$ref": "#/$defs/AgentToolName"}, {"enum": sorted(TO_COME)}]}
    _replace(agent, "pre_approved_tools", {"type": "array", "items": named})
    _replace(step, "tool_name", {"$ref": "#/$defs/StepToolName"})
    duration = {"anyOf": [{"type": "string", "pattern": _DURATION}, {"type": "null"}], "examples": ["P7D", "12h"]}
    question = defs["HumanInputComponent"]["properties"]
    _replace(question, "timeout", duration)
    choices = sorted({choice for offered in CHOICES_OF_FLOWS.values() for choice in offered})
    _replace(question, "choices", {"type": "array", "items": {"enum": choices}})


def _by_type(components: Schema) -> None:
    """Choose a component's schema by its type, so that a mistake in one is told by the keys of its own type and no other."""
    names = {"type": "object", "required": ["type"], "properties": {"type": {"enum": list(_COMPONENTS)}}}
    chosen = [
        {"if": {"required": ["type"], "properties": {"type": {"const": name}}}, "then": {"$ref": f"#/$defs/{name}"}}
        for name in _COMPONENTS
    ]
    components["items"] = {**names, "allOf": chosen}


def _parts(defs: dict[str, Schema]) -> None:
    defs["Input"] = _input(defs["Input"])
    router = defs["Router"]
    endings = {"enum": list(ENDINGS_OF_FLOWS)}
    _replace(router["properties"], "ending", {"anyOf": [endings, {"type": "null"}]})
    _replace(router["properties"], "endings", {"type": "object", "additionalProperties": endings})
    _replace(defs["InputField"]["properties"], "type", {"enum": list(TYPES_OF_INPUTS)})
    router["oneOf"] = [
        {"required": ["to"], "properties": {"to": _TEXT, "condition": {"type": "null"}}},
        {"required": ["condition"], "properties": {"to": {"type": "null"}, "condition": {"type": "object"}}},
    ]
    router["if"] = {"required": ["ending"], "properties": {"ending": _TEXT}}
    router["then"] = {"required": ["to"], "properties": {"to": {"const": "end"}}}
    mapping = {"type": "object", "required": ["type"], "properties": {"type": {"const": "object"}}}
    _replace(defs["ResponseSchema"]["properties"], "definition", {"anyOf": [mapping, _TEXT]})


def _input(definition: Schema) -> Schema:
    """Return the schema of an input in its two forms; the longer one of a fixed text needs a name."""
    literal = {"required": ["literal"], "properties": {"literal": {"const": True}}}
    path = {"properties": {"from": {"pattern": _PATH}}}
    definition["required"] = ["from"]
    form = {**definition, "if": literal, "then": {"required": ["as"]}, "else": path}
    return {"anyOf": [{"type": "string", "pattern": _PATH}, form], "description": definition.get("description", "")}


def _replace(properties: Schema, key: str, by: Schema) -> None:
    """Put another schema in a key's place, and leave what is said about it."""
    properties[key] = {**copy.deepcopy(by), "description": properties[key]["description"]}


def _tools() -> Iterator[tuple[str, Schema]]:
    for kind, specs in (("AgentTool", [spec for spec in TOOLS.values() if spec.for_agents]), ("StepTool", list(TOOLS.values()))):
        by_name = sorted(specs, key=lambda spec: spec.name)
        # `oneOf` with a constant each: editors show the description beside each name.
        yield f"{kind}Name", {"oneOf": [{"const": spec.name, "description": spec.description} for spec in by_name]}
        forced = {spec.name: {"$ref": f"#/$defs/{spec.name}.forced"} for spec in by_name}
        mapping = {"type": "object", "properties": forced, "additionalProperties": False, "minProperties": 1, "maxProperties": 1}
        yield kind, {"anyOf": [{"$ref": f"#/$defs/{kind}Name"}, mapping, *([_to_come()] if kind == "AgentTool" else [])]}
    for spec in TOOLS.values():
        yield from _forced(spec)


def _to_come() -> Schema:
    """Return the schema of a toolset's entry that names a tool of GitLab's which no model is offered yet."""
    names = sorted(TO_COME)
    mapping = {"type": "object", "propertyNames": {"enum": names}, "minProperties": 1, "maxProperties": 1}
    described = [{"const": name, "description": f"Not served: {TO_COME[name].told}.", "deprecated": True} for name in names]
    return {"anyOf": [{"oneOf": described}, mapping]}


def _forced(spec: ToolSpec) -> Iterator[tuple[str, Schema]]:
    """Yield the schema of a tool's forced parameters, none of which is required, and what it refers to under the tool's name."""
    arguments = spec.arguments.model_json_schema(by_alias=True)
    for name, definition in arguments.pop("$defs", {}).items():
        yield f"{spec.name}.{name}", _renamed(definition, spec.name)
    properties = _renamed(arguments.get("properties", {}), spec.name)
    words = f"{spec.description} Parameters below it are fixed."
    yield f"{spec.name}.forced", {"type": "object", "description": words, "properties": properties, "additionalProperties": False}


def _renamed(part: Any, prefix: str) -> Any:
    if isinstance(part, dict):
        return {
            key: value.replace("#/$defs/", f"#/$defs/{prefix}.")
            if key == "$ref" and isinstance(value, str)
            else _renamed(value, prefix)
            for key, value in part.items()
        }
    return [_renamed(value, prefix) for value in part] if isinstance(part, list) else part


def _without_titles(part: Any, *, is_named: bool = False) -> Any:
    """Return a schema without the titles that are only its keys again; a property called title stays."""
    if isinstance(part, dict):
        kept = part if is_named else {key: value for key, value in part.items() if key not in {"title", "discriminator"}}
        return {
            key: _without_titles(value, is_named=key in {"properties", "$defs"} and not is_named) for key, value in kept.items()
        }
    return [_without_titles(value) for value in part] if isinstance(part, list) else part
