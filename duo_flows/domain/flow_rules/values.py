"""What may be read: the context that every session starts with, what each type of component leaves, and conversations.

A path that can lead to nothing is an error, since a run would end there. An optional one is a warning: nothing is a value then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from duo_flows.domain.flow_components import AgentComponent, Component, HumanInputComponent, Input, OneOffComponent
from duo_flows.domain.flow_context import RESERVED_NAMES
from duo_flows.domain.model import Model

from .findings import Finding, Path, listed
from .index import FlowIndex


class Leaves(Enum):
    """What stands at an output: a text, a value of any shape, or the answer that a response schema describes."""

    TEXT = "text"
    VALUE = "value"
    ANSWER = "answer"


# Source: GitLab's flow registry documentation, version v1, "Outputs" of each component, and what its components leave beside
# those (`parsed_responses`); `message` is ours.
OUTPUTS: Mapping[str, Mapping[str, Leaves]] = {
    "AgentComponent": {"final_answer": Leaves.ANSWER, "cycle_count": Leaves.VALUE},
    "DeterministicStepComponent": {
        "tool_responses": Leaves.VALUE,
        "error": Leaves.TEXT,
        "execution_result": Leaves.TEXT,
    },
    "OneOffComponent": {
        "tool_calls": Leaves.VALUE,
        "tool_responses": Leaves.VALUE,
        "execution_result": Leaves.TEXT,
        "parsed_responses": Leaves.VALUE,
    },
    "HumanInputComponent": {"approval": Leaves.TEXT, "message": Leaves.TEXT},
}

# What a start gives whatever a flow declares. None: fields that are not ours to know.
STANDARD_INPUTS: Mapping[str, frozenset[str] | None] = {
    "pipeline": frozenset({"id", "url", "source_branch", "sha"}),
    "merge_request": frozenset({"iid", "url", "title"}),
    "branch": frozenset({"name"}),
    # GitLab's envelope; it grows with GitLab's versions.
    "agent_platform_standard_context": None,
}

# Keywords with which a schema says more about its properties than `properties` does.
_SAYS_MORE = frozenset({"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "patternProperties", "dependentSchemas"})


class Reading(Model):
    """A finding about what is read, and whether a run would end there."""

    finding: Finding
    is_error: bool


def readings(index: FlowIndex) -> Iterator[Reading]:
    """Yield everything that is read and is not there, by components, questions and routers."""
    for position, component in enumerate(index.definition.components):
        place: Path = ("components", position)
        for number, given in enumerate(component.inputs):
            yield from _reading(given, index, at=(*place, "inputs", number))
        if isinstance(component, HumanInputComponent) and component.change is not None:
            yield from _change(component.change, index, at=(*place, "change"))
        yield from _doubled(component.inputs, at=(*place, "inputs"))
    for position, router in enumerate(index.definition.routers):
        if router.condition is not None:
            yield from _reading(router.condition.input, index, at=("routers", position, "condition", "input"))


def wrong_part(given: Input, index: FlowIndex, *, at: Path) -> Finding | None:
    """Return the finding that a path leads through a name that is not there, with that name as its `part`; None for a good one."""
    finding = _context(given, index, at=at) if given.target == "context" else None
    return finding if finding is not None and finding.part else None


def _doubled(inputs: Sequence[Input], *, at: Path) -> Iterator[Reading]:
    for name, count in Counter(given.name for given in inputs).items():
        if count > 1:
            finding = Finding(at=at, found=f"{count} inputs {name}", allowed="different `as` names")
            yield Reading(finding=finding, is_error=True)


def _change(given: Input, index: FlowIndex, *, at: Path) -> Iterator[Reading]:
    if given.target == "context":
        yield from _reading(given, index, at=at)
        return
    finding = Finding(at=at, found=given.source, allowed="a path that begins with `context:`")
    yield Reading(finding=finding, is_error=True)


def _reading(given: Input, index: FlowIndex, *, at: Path) -> Iterator[Reading]:
    if given.target == "conversation_history":
        finding = _conversation(given, index, at=at)
    elif given.target == "context":
        finding = _context(given, index, at=at)
    else:
        finding = None
    if finding is not None:
        yield Reading(finding=finding, is_error=not (given.is_optional or _is_open(given, index)))


def _is_open(given: Input, index: FlowIndex) -> bool:
    """Tell whether a start may give this: more fields than the flow declares of a category. GitLab lets it."""
    return given.path[:1] == ("inputs",) and len(given.path) > 1 and given.path[1] in index.inputs


def _conversation(given: Input, index: FlowIndex, *, at: Path) -> Finding | None:
    names = index.with_a_conversation
    if len(given.path) == 1 and isinstance(index.components.get(given.path[0]), AgentComponent | OneOffComponent):
        return None
    what = f"`conversation_history:` and then a component with a model: {listed(names)}"
    before = "conversation_history:"
    return Finding(at=at, found=given.source, allowed=what, names=names, part=given.path[0], before=before)


def _context(given: Input, index: FlowIndex, *, at: Path) -> Finding | None:
    name, rest = given.path[0], given.path[1:]
    if name == "inputs":
        return _of_inputs(given, index, at=at)
    if name in RESERVED_NAMES:
        return _no_part(given, 1, at=at) if rest else None
    component = index.components.get(name)
    if component is not None:
        return _of_component(given, component, index, at=at)
    roots = (*index.names, *sorted(RESERVED_NAMES))
    return _wrong_part(given, 0, roots, at=at, what="`context:` and then one of")


def _of_inputs(given: Input, index: FlowIndex, *, at: Path) -> Finding | None:
    if len(given.path) == 1:
        return None
    category, declared = given.path[1], index.inputs
    categories = tuple(sorted({*declared, *STANDARD_INPUTS}))
    if category not in categories:
        return _wrong_part(given, 1, categories, at=at, what="a category that `flow.inputs` declares, or that every flow has")
    standard = STANDARD_INPUTS.get(category, frozenset())
    if standard is None or len(given.path) == len(("inputs", category)):
        return None
    fields = tuple(sorted({*standard, *declared.get(category, ())}))
    if given.path[2] in fields:
        return None
    return _wrong_part(given, 2, fields, at=at, what=f"a field of {category}")


def _of_component(given: Input, component: Component, index: FlowIndex, *, at: Path) -> Finding | None:
    outputs = OUTPUTS.get(component.type)
    if outputs is None or len(given.path) == 1:
        return None
    output = given.path[1]
    if output not in outputs:
        return _wrong_part(given, 1, tuple(outputs), at=at, what=f"what {component.name}, a {component.type}, leaves")
    rest = given.path[2:]
    if outputs[output] is Leaves.TEXT:
        return _no_part(given, 2, at=at) if rest else None
    if outputs[output] is Leaves.ANSWER and isinstance(component, AgentComponent):
        return _of_answer(given, component, index, at=at)
    return None


def _of_answer(given: Input, component: AgentComponent, index: FlowIndex, *, at: Path) -> Finding | None:
    rest = given.path[2:]
    if component.response_schema_id is None:
        hint = f"the final answer of {component.name} is a text, since it has no `response_schema_id`"
        return _no_part(given, 2, at=at, why=hint) if rest else None
    schema = index.schemas.get(component.response_schema_id)
    node: Any = schema.definition if schema is not None else True
    for depth, name in enumerate(rest, start=2):
        fields = fields_of(node)
        if fields is None:
            return None
        if name not in fields:
            if not fields:
                return _no_part(given, depth, at=at)
            what = f"a field of the response schema {component.response_schema_id}"
            return _wrong_part(given, depth, tuple(fields), at=at, what=what)
        node = fields[name]
    return None


def fields_of(node: Any) -> Mapping[str, Any] | None:
    """Return the fields that a schema's value can have; empty where it has none, None where the schema leaves it open."""
    if not isinstance(node, Mapping) or _SAYS_MORE & node.keys():
        return None
    if node.get("additionalProperties") not in (None, False):
        return None
    properties, kind = node.get("properties"), node.get("type")
    if isinstance(properties, Mapping) and properties:
        return properties
    if isinstance(kind, str) and kind not in {"object", "array"}:
        return {}
    return None


def _wrong_part(given: Input, depth: int, names: Sequence[str], *, at: Path, what: str) -> Finding:
    before, part, after = given.path[:depth], given.path[depth], given.path[depth + 1 :]
    return Finding(
        at=at,
        found=given.source,
        allowed=f"{what}: {listed(names)}",
        names=tuple(names),
        part=part,
        before="context:" + "".join(f"{name}." for name in before),
        after="".join(f".{name}" for name in after),
    )


def _no_part(given: Input, depth: int, *, at: Path, why: str = "") -> Finding:
    whole = f"context:{'.'.join(given.path[:depth])}"
    return Finding(at=at, found=given.source, allowed=f"{whole}, which has no parts{why and f': {why}'}", names=(whole,))
