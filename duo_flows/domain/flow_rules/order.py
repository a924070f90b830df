"""The order of things: that a question's answer can reach whoever is to read it, and who manages whom."""

from __future__ import annotations

from collections.abc import Iterator

from duo_flows.domain.flow_components import AgentComponent, HumanInputComponent

from .findings import Finding, Path, unknown
from .index import FlowIndex, reach
from .limits import CHOICES_OF_FLOWS


def questions(index: FlowIndex) -> Iterator[Finding]:
    """Yield every question whose answer goes to a component that cannot have run before it, or cannot be what is offered."""
    for position, component in enumerate(index.definition.components):
        if not isinstance(component, HumanInputComponent):
            continue
        at: Path = ("components", position, "sends_response_to")
        target = component.sends_response_to
        others = tuple(name for name in index.names if name != component.name)
        if target not in others:
            yield from unknown(target, others, at=at, what="another component")
        elif component.name in index.reached and not index.can_follow(component.name, after=target):
            allowed = f"a component that has run before {component.name} asks; no way leads from {target} to it"
            yield Finding(at=at, found=target, allowed=allowed)
        yield from _choices(component, place=("components", position))


def _choices(component: HumanInputComponent, *, place: Path) -> Iterator[Finding]:
    fitting = CHOICES_OF_FLOWS[component.interaction_type]
    for number, choice in enumerate(component.choices):
        at: Path = (*place, "choices", number)
        yield from unknown(choice, fitting, at=at, what=f"a choice for `interaction_type: {component.interaction_type}`")


def supervisors(index: FlowIndex) -> Iterator[Finding]:
    """Yield whatever hinders a supervisor: agents that are not there, have no description, or have another place already."""
    definition = index.definition
    agents = {name for name, component in index.components.items() if isinstance(component, AgentComponent)}
    in_order = tuple(name for name in index.names if name in agents)
    for position, component in enumerate(definition.components):
        if not isinstance(component, AgentComponent):
            continue
        others = tuple(name for name in in_order if name != component.name) if component.subagents else ()
        for number, sub in enumerate(component.subagents):
            at: Path = ("components", position, "subagents", number, "name")
            if sub.name not in others:
                yield from unknown(sub.name, others, at=at, what="another AgentComponent")
            else:
                yield from _managed(component, sub.name, index, at=at)


def _managed(owner: AgentComponent, name: str, index: FlowIndex, *, at: Path) -> Iterator[Finding]:
    agent = index.components[name]
    if len(index.supervisors[name]) > 1:
        yield Finding(at=at, found=name, allowed="an agent that no other supervisor has, once")
    if isinstance(agent, AgentComponent) and not agent.description:
        yield Finding(at=at, found=f"{name} without `description`", allowed="an agent with a `description`")
    if isinstance(agent, AgentComponent) and agent.subagents:
        is_a_cycle = owner.name in reach(index.managed, [name])
        what = f"{name}, which manages {owner.name} in turn" if is_a_cycle else f"{name}, which manages agents itself"
        yield Finding(at=at, found=what, allowed="an agent without `subagents`")
    if name in index.routers or name in index.routed or name == index.definition.flow.entry_point:
        what = f"{name}, which routers or the entry point name too"
        yield Finding(at=at, found=what, allowed="an agent that only its supervisor calls")
