"""Routes: that each can be taken, and that each value that is known beforehand has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from duo_flows.domain.flow_components import AgentComponent, Component, HumanInputComponent, Input
from duo_flows.domain.flow_definition import DEFAULT_ROUTE, Router
from duo_flows.domain.requests import CHOICES, ROUTER_WORDS, Choice, RequestKind, RequestState

from .findings import Finding, Path, listed, unknown
from .index import FlowIndex
from .values import fields_of

_RESULTS = ("success", "failed")
_WORDS = tuple(ROUTER_WORDS[state] for state in (RequestState.APPLIED, RequestState.CANCELLED, RequestState.MODIFIED))
# A flow of GitLab's may route free words by the words of an approval; such a route is only never taken.
_WORDS_OF_INPUT = (*_WORDS, ROUTER_WORDS[RequestState.RESPONDED])

# What a router reads after each choice that ends a question.
_WORDS_OF_CHOICES: Mapping[Choice, str] = {
    Choice.APPLY: ROUTER_WORDS[RequestState.APPLIED],
    Choice.CANCEL: ROUTER_WORDS[RequestState.CANCELLED],
    Choice.MODIFY: ROUTER_WORDS[RequestState.MODIFIED],
    Choice.RESPOND: ROUTER_WORDS[RequestState.RESPONDED],
}


def routes(index: FlowIndex) -> Iterator[Finding]:
    """Yield every route that no value takes, and every value that takes none.

    A question's values without a route are not told here: which of them come depends on who answers, and GitLab lets them.
    """
    for position, router in enumerate(index.definition.routers):
        if router.condition is None:
            continue
        values = values_of(router.condition.input, index)
        if values is None:
            continue
        at: Path = ("routers", position, "condition", "routes")
        yield from _dead(router, values, at=at)
        if not _is_a_question(router.condition.input, index):
            yield from _missing(router, values, at=at)


def _dead(router: Router, values: tuple[str, ...], *, at: Path) -> Iterator[Finding]:
    condition = router.condition
    for route in condition.routes if condition else ():
        if route != DEFAULT_ROUTE:
            what = f"what {condition.input.source if condition else ''} can be, or {DEFAULT_ROUTE}"
            yield from unknown(route, values, at=(*at, route), what=what)


def _missing(router: Router, values: tuple[str, ...], *, at: Path) -> Iterator[Finding]:
    given = router.condition.routes if router.condition else {}
    missing = [value for value in values if value not in given]
    if missing and DEFAULT_ROUTE not in given:
        yield Finding(at=at, found=f"no route for {listed(missing)}", allowed=f"a route for each value, or a {DEFAULT_ROUTE}")


def unanswered(component: HumanInputComponent, router: Router, index: FlowIndex) -> tuple[str, ...]:
    """Return what can be answered to a question and has no route of its own; empty also where that is not what is asked for."""
    if router.condition is None or values_of(router.condition.input, index) is None:
        return ()
    offered = component.choices or CHOICES[RequestKind(component.interaction_type)]
    words = (_WORDS_OF_CHOICES[choice] for choice in offered if choice in _WORDS_OF_CHOICES)
    return tuple(word for word in dict.fromkeys(words) if word not in router.condition.routes)


def _is_a_question(given: Input, index: FlowIndex) -> bool:
    return given.target == "context" and isinstance(index.components.get(given.path[0]), HumanInputComponent)


def values_of(given: Input, index: FlowIndex) -> tuple[str, ...] | None:
    """Return the texts that a router can meet, as Python prints them; None where they are not known beforehand."""
    if given.target != "context" or given.is_optional:
        return None
    component = index.components.get(given.path[0])
    path = given.path[1:]
    if isinstance(component, HumanInputComponent):
        words = _WORDS if component.interaction_type == "approval" else _WORDS_OF_INPUT
        return words if path == ("approval",) else None
    if (
        path == ("execution_result",)
        and component is not None
        and component.type
        in {
            "DeterministicStepComponent",
            "OneOffComponent",
        }
    ):
        return _RESULTS
    return _of_answer(component, path, index)


def _of_answer(component: Component | None, path: tuple[str, ...], index: FlowIndex) -> tuple[str, ...] | None:
    if not isinstance(component, AgentComponent) or component.response_schema_id is None or path[:1] != ("final_answer",):
        return None
    schema = index.schemas.get(component.response_schema_id)
    node: Any = schema.definition if schema else None
    for name in path[1:]:
        node = (fields_of(node) or {}).get(name)
    return _texts(node) if len(path) > 1 else None


def _texts(node: Any) -> tuple[str, ...] | None:
    if not isinstance(node, Mapping):
        return None
    if "const" in node:
        return (str(node["const"]),)
    if isinstance(node.get("enum"), list) and all(not isinstance(value, list | dict) for value in node["enum"]):
        return tuple(dict.fromkeys(str(value) for value in node["enum"]))
    return (str(True), str(False)) if node.get("type") == "boolean" else None
