"""Which component comes next, and how a run ends where none does. Pure: nothing here changes the definition or the context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import NeverAgain
from .flow_context import SHORT_TEXT_MAX_LENGTH, is_stored, resolve_inputs
from .flow_definition import ABORT, DEFAULT_ROUTE, END, Condition, FlowDefinition, Router
from .model import Model
from .requests import ROUTER_WORDS, RequestState
from .sessions import Ending

__all__ = ["ABORT", "END", "Route", "end_at", "next_component"]


class Route(Model):
    """Where to go: `value` is the text that a condition met, `ending` is set where `to` is `end` or `abort`."""

    to: str
    value: str | None = None
    ending: Ending | None = None


def next_component(definition: FlowDefinition, *, after: str, context: Mapping[str, Any], status: str) -> Route:
    """Return the way on from a component.

    A condition compares `str(value)` as Python prints it, like GitLab: true is `True`, nothing is `None`.

    Raises:
        NeverAgain: no router leads on, or none of its routes fits and it has no `default_route`; names router and value.
        MissingValue: what the router reads is not in the context.
    """
    router = _router_from(definition, after)
    if router.condition is None:
        to = router.to or ABORT
        return Route(to=to, ending=_ending(to, router.ending))
    value = _text_of(router.condition, context=context, status=status)
    key = _matching_route(router.condition, value, after=after)
    to = router.condition.routes[key]
    return Route(to=to, value=value, ending=_ending(to, router.endings.get(key)))


def end_at(route: Route, *, after: str, context: Mapping[str, Any]) -> tuple[Ending, str] | None:
    """Return (ending, reason) where a route leads out of the flow, None where it leads on; the reason may be empty.

    A person who rejected something and is led straight to `end` has cancelled (requirement S1), unless the router says otherwise.
    """
    output = context.get(after) or {}
    if route.to == ABORT:
        return route.ending or Ending.FAULT, str(output.get("error") or f"The flow was aborted after {after}.")
    if route.to != END:
        return None
    has_rejected = output.get("approval") == ROUTER_WORDS[RequestState.CANCELLED]
    is_plain = route.ending in {None, Ending.DONE}
    return Ending.CANCELLED if has_rejected and is_plain else route.ending or Ending.DONE, ""


def _router_from(definition: FlowDefinition, name: str) -> Router:
    router = next((router for router in definition.routers if router.from_ == name), None)
    if router is None:
        raise NeverAgain(f"No router leads on from {name!r}. Add one to the flow, for example to `end`.", code="invalid_definition")
    return router


def _text_of(condition: Condition, *, context: Mapping[str, Any], status: str) -> str:
    if condition.input.target == "status":
        return status
    value = resolve_inputs((condition.input,), context)[condition.input.name]
    # Longer than any route can be, so it fits none, and its text shall not travel in a route or an error.
    text = f"a value of {value['$size']} bytes" if is_stored(value) else str(value)
    return text if len(text) <= SHORT_TEXT_MAX_LENGTH else f"a text of {len(text)} characters"


def _matching_route(condition: Condition, value: str, *, after: str) -> str:
    for key in (value, DEFAULT_ROUTE):
        if key in condition.routes:
            return key
    raise NeverAgain(
        f"The router from {after!r} has no route for {value!r} (read from {condition.input.source}); "
        f"it knows {', '.join(sorted(condition.routes))}. Add the route or a `{DEFAULT_ROUTE}`.",
        code="no_route",
    )


def _ending(to: str, stated: Ending | None) -> Ending | None:
    if to == END:
        return stated or Ending.DONE
    return Ending.FAULT if to == ABORT else None
