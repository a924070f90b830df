"""A definition looked up by name, and its ways as a graph. Built once for all rules; the first of two equal names counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeVar

from duo_flows.domain.flow_components import AgentComponent, Component, OneOffComponent
from duo_flows.domain.flow_definition import FlowDefinition, Prompt, ResponseSchema, Router

Graph = Mapping[str, tuple[str, ...]]

_T = TypeVar("_T")


class FlowIndex:
    """What rules look up in one definition. Nothing here judges."""

    def __init__(self, definition: FlowDefinition) -> None:
        self.definition = definition
        self.names = tuple(dict.fromkeys(component.name for component in definition.components))

    @cached_property
    def components(self) -> Mapping[str, Component]:
        """Return the components by name."""
        return _first({component.name: component for component in reversed(self.definition.components)})

    @cached_property
    def prompts(self) -> Mapping[str, Prompt]:
        """Return the inline prompts by id."""
        return _first({prompt.prompt_id: prompt for prompt in reversed(self.definition.prompts)})

    @cached_property
    def schemas(self) -> Mapping[str, ResponseSchema]:
        """Return the inline response schemas by id."""
        return _first({schema.schema_id: schema for schema in reversed(self.definition.response_schemas)})

    @cached_property
    def routers(self) -> Mapping[str, Router]:
        """Return the routers by the component they lead on from."""
        return {router.from_: router for router in reversed(self.definition.routers)}

    @cached_property
    def inputs(self) -> Mapping[str, frozenset[str]]:
        """Return the fields of the categories of context that the flow declares."""
        return {entry.category: frozenset(entry.input_schema) for entry in self.definition.flow.inputs}

    @cached_property
    def with_a_conversation(self) -> tuple[str, ...]:
        """Return the names of the components with a model."""
        models = AgentComponent | OneOffComponent
        return tuple(name for name in self.names if isinstance(self.components[name], models))

    @cached_property
    def supervisors(self) -> Mapping[str, tuple[str, ...]]:
        """Return, for each agent that is managed, who manages it."""
        found: dict[str, list[str]] = {}
        for component in self.definition.components:
            for sub in component.subagents if isinstance(component, AgentComponent) else ():
                found.setdefault(sub.name, []).append(component.name)
        return {name: tuple(owners) for name, owners in found.items()}

    @cached_property
    def managed(self) -> Graph:
        """Return whom each supervisor manages."""
        agents = [component for component in self.components.values() if isinstance(component, AgentComponent)]
        return {agent.name: tuple(sub.name for sub in agent.subagents) for agent in agents if agent.subagents}

    @cached_property
    def routed(self) -> frozenset[str]:
        """Return every name that a router leads to."""
        return frozenset(target for router in self.definition.routers for target in router.targets)

    @cached_property
    def ways(self) -> Graph:
        """Return where each component can lead: by its router, to the agents it manages, and from these back to it."""
        ways: dict[str, dict[str, None]] = {name: {} for name in self.names}
        for router in self.definition.routers:
            ways.setdefault(router.from_, {}).update(dict.fromkeys(router.targets))
        for sub, owners in self.supervisors.items():
            for owner in owners:
                ways.setdefault(owner, {})[sub] = None
                ways.setdefault(sub, {})[owner] = None
        return {name: tuple(target for target in targets if target in self.components) for name, targets in ways.items()}

    @cached_property
    def reached(self) -> frozenset[str]:
        """Return every component that a run can come to."""
        entry = self.definition.flow.entry_point or (self.names[0] if self.definition.environment == "chat-partial" else "")
        return reach(self.ways, [entry] if entry in self.components else [])

    def can_follow(self, name: str, *, after: str) -> bool:
        """Tell whether a run can come to a component after it has passed another."""
        return after in self.reached and name in reach(self.ways, self.ways.get(after, ()))


def reach(ways: Graph, starts: Iterable[str]) -> frozenset[str]:
    """Return the names that can be come to, the starts among them."""
    seen: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(ways.get(name, ()))
    return frozenset(seen)


def _first(backwards: dict[str, _T]) -> dict[str, _T]:
    return dict(reversed(backwards.items()))
