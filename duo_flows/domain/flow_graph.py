"""A flow as a picture: Mermaid text that GitLab, GitHub and editors draw. Pure; nothing here judges the flow."""

from __future__ import annotations

from collections.abc import Iterator

from .flow_definition import (
    ABORT,
    END,
    AgentComponent,
    Component,
    DeterministicStepComponent,
    FlowDefinition,
    HumanInputComponent,
    Router,
)
from .written_texts import one_line

_INDENT = "    "


def mermaid_of(definition: FlowDefinition) -> str:
    """Return the flow's components and ways as a Mermaid flowchart, with a line feed at its end.

    Components stand under numbers, since their names may hold signs that Mermaid takes for its own.
    """
    numbers = {component.name: f"c{number}" for number, component in enumerate(definition.components)}
    lines = ["flowchart TD", *(_INDENT + _node(component, numbers) for component in definition.components)]
    if definition.flow.entry_point in numbers:
        lines.append(f"{_INDENT}start((start)) --> {numbers[definition.flow.entry_point]}")
    for router in definition.routers:
        lines += [_INDENT + way for way in _ways(router, numbers)]
    for component in definition.components:
        managed = component.subagents if isinstance(component, AgentComponent) else ()
        lines += [
            f"{_INDENT}{numbers[component.name]} -. delegates .-> {numbers[sub.name]}" for sub in managed if sub.name in numbers
        ]
    return "\n".join(lines) + "\n"


def _node(component: Component, numbers: dict[str, str]) -> str:
    label = f'"{_quoted(component.name)}"'
    if isinstance(component, HumanInputComponent):
        shape = f"{{{{{label}}}}}"
    elif isinstance(component, DeterministicStepComponent):
        shape = f"[[{label}]]"
    else:
        shape = f"[{label}]"
    return f"{numbers[component.name]}{shape}"


def _ways(router: Router, numbers: dict[str, str]) -> Iterator[str]:
    source = numbers.get(router.from_)
    if source is None:
        return
    if router.condition is None:
        yield f"{source} --> {_target(router.to or ABORT, router.ending, numbers)}"
        return
    together: dict[str, list[str]] = {}
    for value, to in router.condition.routes.items():
        together.setdefault(_target(to, router.endings.get(value), numbers), []).append(value)
    for target, values in together.items():
        yield f'{source} -->|"{_quoted(", ".join(values))}"| {target}'


def _target(name: str, ending: str | None, numbers: dict[str, str]) -> str:
    if name in numbers:
        return numbers[name]
    if name == END:
        return f"{END}_{ending}([{ending}])" if ending else f"{END}_([{END}])"
    # Where no component is of this name, the flow is not one that runs.
    return f"{ABORT}_([{ABORT}])" if name == ABORT else f'unknown["{_quoted(name)}"]'


def _quoted(text: str) -> str:
    """Return a text as Mermaid takes it between quotes."""
    safe = text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
    return one_line(safe)
