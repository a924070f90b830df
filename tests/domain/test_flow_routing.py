"""The way on: matched by Python's text of a value, or refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_context import MissingValue, stored
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.flow_routing import Route, end_at, next_component
from duo_flows.domain.sessions import Ending


def definition(*routers: dict[str, Any]) -> FlowDefinition:
    return FlowDefinition.model_validate(
        {
            "version": "v1",
            "environment": "ambient",
            "components": [{"name": name, "type": "DeterministicStepComponent", "tool_name": "t"} for name in ("a", "b")],
            "routers": list(routers),
            "flow": {"entry_point": "a"},
        }
    )


def by_answer(routes: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"from": "a", "condition": {"input": "context:a.final_answer", "routes": routes}, **more}


def way(router: dict[str, Any], answer: Any = None) -> Route:
    return next_component(definition(router), after="a", context={"a": {"final_answer": answer}}, status="running")


def test_a_simple_router_leads_on_without_an_ending() -> None:
    assert way({"from": "a", "to": "b"}) == Route(to="b")


@pytest.mark.parametrize(
    ("router", "ending"),
    [
        ({"from": "a", "to": "end"}, Ending.DONE),
        ({"from": "a", "to": "end", "ending": "nothing_to_do"}, Ending.NOTHING_TO_DO),
        ({"from": "a", "to": "abort"}, Ending.FAULT),
    ],
)
def test_a_built_in_target_ends_the_run(router: dict[str, Any], ending: Ending) -> None:
    assert way(router).ending == ending


@pytest.mark.parametrize(
    ("answer", "key"), [(True, "True"), (None, "None"), (1, "1"), (1.0, "1.0"), ("fix", "fix"), (["a"], "['a']")]
)
def test_a_route_is_matched_by_pythons_text(answer: Any, key: str) -> None:
    assert way(by_answer({key: "b"}), answer) == Route(to="b", value=key)


def test_the_default_route_takes_what_nothing_else_does() -> None:
    router = by_answer({"yes": "b", "default_route": "end"}, endings={"default_route": "low_confidence"})

    assert way(router, "perhaps") == Route(to="end", value="perhaps", ending=Ending.LOW_CONFIDENCE)


def test_a_value_without_a_route_names_router_and_value() -> None:
    with pytest.raises(NeverAgain, match=r"router from 'a' has no route for 'perhaps'.*it knows no, yes") as caught:
        way(by_answer({"yes": "b", "no": "end"}), "perhaps")

    assert caught.value.code == "no_route"


def test_a_value_too_long_for_a_route_is_not_quoted() -> None:
    with pytest.raises(NeverAgain, match="a text of 300 characters"):
        way(by_answer({"yes": "b"}), "x" * 300)
    assert way(by_answer({"default_route": "b"}), stored("ab", 70_000, "long")).value == "a value of 70000 bytes"


def test_a_missing_value_is_not_the_default_route() -> None:
    router = {"from": "a", "condition": {"input": "context:nobody.approval", "routes": {"default_route": "b"}}}

    with pytest.raises(MissingValue, match=r"context:nobody\.approval"):
        way(router)


def test_a_router_can_read_the_status() -> None:
    assert way({"from": "a", "condition": {"input": "status", "routes": {"running": "b"}}}) == Route(to="b", value="running")


def test_a_component_without_a_router_says_so() -> None:
    with pytest.raises(NeverAgain, match="No router leads on from 'b'"):
        next_component(definition({"from": "a", "to": "b"}), after="b", context={}, status="running")


@pytest.mark.parametrize(
    ("route", "output", "end"),
    [
        (Route(to="b"), {}, None),
        (Route(to="end", ending=Ending.DONE), {"approval": "approve"}, (Ending.DONE, "")),
        (Route(to="end", ending=Ending.DONE), {"approval": "reject"}, (Ending.CANCELLED, "")),
        (Route(to="end", ending=Ending.NOT_FIXABLE), {"approval": "reject"}, (Ending.NOT_FIXABLE, "")),
        (Route(to="abort", ending=Ending.FAULT), {"error": "No such job."}, (Ending.FAULT, "No such job.")),
        (Route(to="abort", ending=Ending.FAULT), {}, (Ending.FAULT, "The flow was aborted after a.")),
    ],
)
def test_a_route_out_of_the_flow_says_how_the_run_ends_and_why(route: Route, output: dict[str, Any], end: object) -> None:
    assert end_at(route, after="a", context={"a": output}) == end
