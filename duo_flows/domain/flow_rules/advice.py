"""Advice: what runs, and is probably not what its author means. Nothing here keeps a flow from being started."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from duo_flows.domain.errors import Refused
from duo_flows.domain.flow_components import (
    AgentComponent,
    Component,
    DeterministicStepComponent,
    HumanInputComponent,
    OneOffComponent,
)
from duo_flows.domain.flow_definition import DEFAULT_ROUTE
from duo_flows.domain.requests import ROUTER_WORDS, RequestState
from duo_flows.domain.tools import TO_COME, TOOLS, check_privilege

from .findings import Finding, Path, listed
from .index import FlowIndex, reach
from .routes import unanswered

_MODIFY = ROUTER_WORDS[RequestState.MODIFIED]
# GitLab's two views of a question need one each; it refuses a file that names events and leaves one of these out.
_NEEDED_EVENTS = ("on_user_input_prompt", "on_user_response")
_OF_SUPERVISORS = ("on_delegation", "on_delegation_returns", "on_delegation_error")


def advice(index: FlowIndex, *, privileges: Collection[str]) -> Iterator[Finding]:
    """Yield what the author may want to look at again."""
    yield from _unreachable(index)
    yield from _questions(index)
    yield from _unused(index)
    yield from _supervisors(index)
    yield from _tools(index, privileges)


def _unreachable(index: FlowIndex) -> Iterator[Finding]:
    for position, component in enumerate(index.definition.components):
        if index.reached and component.name not in index.reached:
            found = f"{component.name}, which no way from {index.definition.flow.entry_point or 'the entry point'} leads to"
            yield Finding(
                at=("components", position, "name"), found=found, allowed="a router that leads to it, or no such component"
            )


def _questions(index: FlowIndex) -> Iterator[Finding]:
    for position, component in enumerate(index.definition.components):
        if not isinstance(component, HumanInputComponent):
            continue
        place: Path = ("components", position)
        yield from _after_a_question(component, index, place=place)
        target = index.components.get(component.sends_response_to)
        if target is not None and not isinstance(target, AgentComponent | OneOffComponent):
            allowed = "a component with a model: nobody else reads what a person answers"
            yield Finding(at=(*place, "sends_response_to"), found=component.sends_response_to, allowed=allowed)
        if component.ui_log_events and (missing := [name for name in _NEEDED_EVENTS if name not in component.ui_log_events]):
            allowed = "both or none: GitLab refuses a question that names events without it"
            yield Finding(at=(*place, "ui_log_events"), found=f"no {' and no '.join(missing)}", allowed=allowed)


def _after_a_question(component: HumanInputComponent, index: FlowIndex, *, place: Path) -> Iterator[Finding]:
    router = index.routers.get(component.name)
    if router is None:
        return
    number = index.definition.routers.index(router)
    if router.condition is None:
        if component.interaction_type == "approval":
            found, allowed = (
                f"{component.name} leads on whatever is answered",
                f"a condition on `context:{component.name}.approval`",
            )
            yield Finding(at=(*place, "name"), found=found, allowed=allowed)
        return
    at: Path = ("routers", number, "condition", "routes")
    left = unanswered(component, router, index)
    if left and DEFAULT_ROUTE not in router.condition.routes:
        allowed = f"a {DEFAULT_ROUTE}, or a route for {listed(left)}: an answer without a route ends the run as failed"
        yield Finding(at=at, found=f"no {DEFAULT_ROUTE}", allowed=allowed)
    again = router.condition.routes.get(_MODIFY)
    if again is not None and again in index.components and not reach(index.ways, [again]) & set(index.with_a_conversation):
        allowed = f"a component from which a way leads to an agent, such as {component.sends_response_to}"
        yield Finding(at=(*at, _MODIFY), found=again, allowed=allowed)


def _unused(index: FlowIndex) -> Iterator[Finding]:
    components = index.components.values()
    prompts = {component.prompt_id for component in components if isinstance(component, AgentComponent | OneOffComponent)}
    schemas = {component.response_schema_id for component in components if isinstance(component, AgentComponent)}
    for position, prompt in enumerate(index.definition.prompts):
        if prompt.prompt_id not in prompts:
            at: Path = ("prompts", position, "prompt_id")
            yield Finding(at=at, found=f"{prompt.prompt_id}, which no component uses", allowed="a `prompt_id` of a component")
    for position, schema in enumerate(index.definition.response_schemas):
        if schema.schema_id not in schemas:
            at = ("response_schemas", position, "schema_id")
            found, allowed = f"{schema.schema_id}, which no component uses", "a `response_schema_id` of a component"
            yield Finding(at=at, found=found, allowed=allowed)


def _supervisors(index: FlowIndex) -> Iterator[Finding]:
    for position, component in enumerate(index.definition.components):
        if not isinstance(component, AgentComponent) or component.subagents:
            continue
        at: Path = ("components", position)
        if component.max_delegations is not None:
            found = str(component.max_delegations)
            yield Finding(at=(*at, "max_delegations"), found=found, allowed="only together with `subagents`")
        for number, event in enumerate(component.ui_log_events):
            if event in _OF_SUPERVISORS:
                yield Finding(at=(*at, "ui_log_events", number), found=event, allowed="only together with `subagents`")


def _tools(index: FlowIndex, privileges: Collection[str]) -> Iterator[Finding]:
    for position, component in enumerate(index.definition.components):
        seen: set[str] = set()
        for where, name in uses_of(component):
            at: Path = ("components", position, *where)
            if name in seen:
                yield Finding(at=at, found=f"{name} for the second time", allowed="each tool once; the first one counts")
            elif name in TO_COME and not isinstance(component, DeterministicStepComponent):
                yield Finding(at=at, found=f"{name}, which no model is offered yet", allowed=TO_COME[name].told)
            elif name in TOOLS and not _is_granted(name, privileges):
                allowed = f"by default {', '.join(sorted(privileges))}; a project's policy has to grant {TOOLS[name].privilege}"
                yield Finding(at=at, found=f"{name}, of the privilege class {TOOLS[name].privilege}", allowed=allowed)
            seen.add(name)


def uses_of(component: Component) -> Iterator[tuple[Path, str]]:
    """Yield every tool that a component calls or has, with where it names it."""
    if isinstance(component, DeterministicStepComponent):
        yield ("tool_name",), component.tool_name
    elif not isinstance(component, HumanInputComponent):
        for number, use in enumerate(component.toolset):
            yield ("toolset", number), use.name


def _is_granted(name: str, privileges: Collection[str]) -> bool:
    try:
        check_privilege(TOOLS[name], frozenset(privileges))
    except Refused:
        return False
    return True
