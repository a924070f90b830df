"""What ties the parts of a definition together: names that must exist, ways that must lead on, and what a custom flow may not say.

Pure, and without lines: a finding says at which path of the definition it is, and whoever read the file knows the line. Whether
tools exist and may be used is checked where tools are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from .flow_context import RESERVED_NAMES
from .flow_definition import (
    ABORT,
    END,
    AgentComponent,
    Component,
    FlowDefinition,
    HumanInputComponent,
    Input,
    OneOffComponent,
)
from .model import Model

Path = tuple[str | int, ...]


class Finding(Model):
    """One thing that is wrong: where, what stands there, what may stand there, and the names to choose from."""

    at: Path
    found: str
    allowed: str
    names: tuple[str, ...] = ()


def findings_of(definition: FlowDefinition, *, is_custom: bool) -> tuple[Finding, ...]:
    """Return everything that is wrong with a definition whose parts are right by themselves; empty where it can run."""
    found = [
        *_doubled(definition),
        *_reserved(definition),
        *_entry_point(definition),
        *_routers(definition),
        *_unrouted(definition),
        *_inputs(definition),
        *_prompts_and_schemas(definition),
        *_supervisors(definition),
        *_questions(definition),
    ]
    return (*found, *(_custom_limits(definition) if is_custom else ()))


def _names(definition: FlowDefinition) -> tuple[str, ...]:
    return tuple(component.name for component in definition.components)


def _unknown(name: str, names: Iterable[str], *, at: Path, what: str) -> Iterator[Finding]:
    known = tuple(dict.fromkeys(names))
    if name not in known:
        yield Finding(at=at, found=name, allowed=f"{what}: {', '.join(known)}" if known else what, names=known)


def _doubled(definition: FlowDefinition) -> Iterator[Finding]:
    lists: tuple[tuple[str, str, Sequence[str]], ...] = (
        ("components", "name", _names(definition)),
        ("routers", "from", [router.from_ for router in definition.routers]),
        ("prompts", "prompt_id", [prompt.prompt_id for prompt in definition.prompts]),
        ("response_schemas", "schema_id", [schema.schema_id for schema in definition.response_schemas]),
    )
    for place, key, values in lists:
        for index, value in enumerate(values):
            if value in values[:index]:
                yield Finding(at=(place, index, key), found=value, allowed=f"each `{key}` once")


def _reserved(definition: FlowDefinition) -> Iterator[Finding]:
    taken = {END, ABORT, *RESERVED_NAMES}
    for index, name in enumerate(_names(definition)):
        if name in taken:
            yield Finding(at=("components", index, "name"), found=name, allowed=f"any name but {', '.join(sorted(taken))}")


def _entry_point(definition: FlowDefinition) -> Iterator[Finding]:
    # GitLab's chat-partial is one agent without routers and without an entry point.
    if definition.environment != "chat-partial" or definition.flow.entry_point:
        yield from _unknown(definition.flow.entry_point, _names(definition), at=("flow", "entry_point"), what="a component")


def _routers(definition: FlowDefinition) -> Iterator[Finding]:
    names = _names(definition)
    for index, router in enumerate(definition.routers):
        place: Path = ("routers", index)
        yield from _unknown(router.from_, names, at=(*place, "from"), what="a component")
        if router.condition is None:
            yield from _unknown(router.to or "", (*names, END, ABORT), at=(*place, "to"), what="a component, end or abort")
            continue
        for value, target in router.condition.routes.items():
            at = (*place, "condition", "routes", value)
            yield from _unknown(target, (*names, END, ABORT), at=at, what="a component, end or abort")


def _unrouted(definition: FlowDefinition) -> Iterator[Finding]:
    if definition.environment == "chat-partial":
        return
    routed = {router.from_ for router in definition.routers} | set(_managed(definition))
    for index, name in enumerate(_names(definition)):
        if name not in routed:
            yield Finding(at=("components", index, "name"), found=f"{name} without a router", allowed=f"a router `from: {name}`")


def _managed(definition: FlowDefinition) -> list[str]:
    return [sub.name for component in definition.components if isinstance(component, AgentComponent) for sub in component.subagents]


def _inputs(definition: FlowDefinition) -> Iterator[Finding]:
    for index, component in enumerate(definition.components):
        for position, given in enumerate(component.inputs):
            yield from _input(given, definition, at=("components", index, "inputs", position))
        if isinstance(component, HumanInputComponent) and component.change is not None:
            yield from _input(component.change, definition, at=("components", index, "change"))
        for name, count in Counter(given.name for given in component.inputs).items():
            if count > 1:
                yield Finding(at=("components", index, "inputs"), found=f"{count} inputs {name}", allowed="different `as` names")
    for index, router in enumerate(definition.routers):
        if router.condition is not None and router.condition.input.target == "context":
            yield from _input(router.condition.input, definition, at=("routers", index, "condition", "input"))


def _input(given: Input, definition: FlowDefinition, *, at: Path) -> Iterator[Finding]:
    if given.is_literal:
        return
    if given.target != "context":
        yield Finding(at=at, found=given.source, allowed="a path that begins with `context:`")
        return
    known = (*_names(definition), *sorted(RESERVED_NAMES))
    for finding in _unknown(given.path[0], known, at=at, what="`context:` and then one of"):
        paths = tuple(f"context:{'.'.join((name, *given.path[1:]))}" for name in known)
        yield finding.model_copy(update={"found": given.source, "names": paths})


def _prompts_and_schemas(definition: FlowDefinition) -> Iterator[Finding]:
    prompts = tuple(prompt.prompt_id for prompt in definition.prompts)
    schemas = tuple(schema.schema_id for schema in definition.response_schemas)
    for index, component in enumerate(definition.components):
        place: Path = ("components", index)
        if isinstance(component, AgentComponent | OneOffComponent):
            what = "an inline prompt (GitLab's own prompt registry is not here)"
            yield from _unknown(component.prompt_id, prompts, at=(*place, "prompt_id"), what=what)
        if isinstance(component, AgentComponent):
            yield from _schema(component, schemas, place=place)


def _schema(component: AgentComponent, schemas: tuple[str, ...], *, place: Path) -> Iterator[Finding]:
    if component.response_schema_id is not None:
        what = "an inline response schema (GitLab's own schema registry is not here)"
        yield from _unknown(component.response_schema_id, schemas, at=(*place, "response_schema_id"), what=what)
    elif component.response_schema_version is not None:
        at = (*place, "response_schema_version")
        yield Finding(at=at, found=component.response_schema_version, allowed="only together with response_schema_id")


def _supervisors(definition: FlowDefinition) -> Iterator[Finding]:
    agents = {component.name: component for component in definition.components if isinstance(component, AgentComponent)}
    owners = Counter(_managed(definition))
    for index, component in enumerate(definition.components):
        for position, sub in enumerate(component.subagents if isinstance(component, AgentComponent) else ()):
            at = ("components", index, "subagents", position, "name")
            others = [name for name in agents if name != component.name]
            yield from _unknown(sub.name, others, at=at, what="another AgentComponent")
            if owners[sub.name] > 1:
                yield Finding(at=at, found=sub.name, allowed="an agent that no other supervisor has")
            if sub.name in others and not agents[sub.name].description:
                yield Finding(at=at, found=f"{sub.name} without `description`", allowed="an agent with a `description`")


def _questions(definition: FlowDefinition) -> Iterator[Finding]:
    for index, component in enumerate(definition.components):
        if isinstance(component, HumanInputComponent):
            others = [name for name in _names(definition) if name != component.name]
            at = ("components", index, "sends_response_to")
            yield from _unknown(component.sends_response_to, others, at=at, what="another component")


def _custom_limits(definition: FlowDefinition) -> Iterator[Finding]:
    """Yield what GitLab refuses in custom flows, but for response_schema_id, which is accepted here too.

    Source: GitLab's documentation of custom flows' YAML schema.
    """
    for key in ("name", "description", "product_group"):
        if value := getattr(definition, key):
            yield Finding(at=(key,), found=value, allowed="not in a custom flow: GitLab keeps it beside the file")
    if definition.environment != "ambient":
        yield Finding(at=("environment",), found=definition.environment, allowed="ambient, in a custom flow", names=("ambient",))
    for index, prompt in enumerate(definition.prompts):
        if prompt.params.stop is not None:
            yield Finding(at=("prompts", index, "params", "stop"), found="stop", allowed="no `stop` in a custom flow")
    for index, component in enumerate(definition.components):
        yield from _custom_component(component, place=("components", index))


def _custom_component(component: Component, *, place: Path) -> Iterator[Finding]:
    if isinstance(component, OneOffComponent) and component.ui_role_as is not None:
        yield Finding(at=(*place, "ui_role_as"), found=component.ui_role_as, allowed="no `ui_role_as` on a OneOffComponent here")


def unserved_by(definition: FlowDefinition) -> tuple[str, ...]:
    """Return what a right definition relies on and nothing here does yet, in sentences.

    Passing over it would act without the consent that the author asked for, so such a flow is not started.
    """
    told: list[str] = []
    for component in definition.components:
        if isinstance(component, OneOffComponent):
            told.append(f"{component.name!r} is a OneOffComponent, which cannot be run here")
        if isinstance(component, AgentComponent) and component.require_tool_approval:
            told.append(
                f"{component.name!r} has `require_tool_approval`, and approval of single tool calls cannot be asked for here"
            )
        if isinstance(component, AgentComponent) and component.subagents:
            told.append(f"{component.name!r} has `subagents`, and delegation cannot be done here")
    return tuple(told)
