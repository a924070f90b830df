"""Findings: at which path of a definition something does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from duo_flows.domain.flow_checks import findings_of
from duo_flows.domain.flow_definition import FlowDefinition

STEP = {"name": "a", "type": "DeterministicStepComponent", "tool_name": "list_repository_tree"}


def definition(**changed: Any) -> FlowDefinition:
    base = {
        "version": "v1",
        "environment": "ambient",
        "components": [STEP],
        "routers": [{"from": "a", "to": "end"}],
        "flow": {"entry_point": "a"},
    }
    return FlowDefinition.model_validate({**base, **changed})


def test_a_flow_that_fits_has_no_findings() -> None:
    assert findings_of(definition(), is_custom=True) == ()


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"flow": {"entry_point": ""}}, ("flow", "entry_point")),
        ({"routers": []}, ("components", 0, "name")),
        ({"routers": [{"from": "a", "to": "b"}]}, ("routers", 0, "to")),
        ({"routers": [{"from": "a", "to": "end"}, {"from": "b", "to": "end"}]}, ("routers", 1, "from")),
        ({"routers": [{"from": "a", "to": "end"}] * 2}, ("routers", 1, "from")),
        (
            {"routers": [{"from": "a", "condition": {"input": "context:b.error", "routes": {"x": "end"}}}]},
            ("routers", 0, "condition", "input"),
        ),
        ({"components": [{**STEP, "name": "inputs"}, STEP]}, ("components", 0, "name")),
        ({"components": [{**STEP, "inputs": ["conversation_history:a"]}]}, ("components", 0, "inputs", 0)),
        (
            {"components": [{"name": "a", "type": "OneOffComponent", "prompt_id": "p", "prompt_version": "^1.0.0", "toolset": []}]},
            ("components", 0, "prompt_id"),
        ),
        ({"prompts": [{"prompt_id": "p", "prompt_template": {}}] * 2}, ("prompts", 1, "prompt_id")),
        ({"response_schemas": [{"schema_id": "s", "definition": {"type": "object"}}] * 2}, ("response_schemas", 1, "schema_id")),
        ({"name": "Mine"}, ("name",)),
    ],
)
def test_what_does_not_fit_is_found_at_its_path(changed: dict[str, Any], at: tuple[str | int, ...]) -> None:
    assert at in [finding.at for finding in findings_of(definition(**changed), is_custom=True)]


def test_the_names_to_choose_from_come_with_the_finding() -> None:
    finding = findings_of(definition(routers=[{"from": "a", "to": "ende"}]), is_custom=True)[0]

    assert (finding.found, finding.names) == ("ende", ("a", "end", "abort"))


def _asking(**keys: Any) -> FlowDefinition:
    ask = {"name": "ask", "type": "HumanInputComponent", "sends_response_to": "a", "message_template": "?", **keys}
    routes = {"approve": "end", "reject": "end", "modify": "a", "default_route": "end"}
    router = {"from": "ask", "condition": {"input": "context:ask.approval", "routes": routes}}
    agent = {"name": "a", "type": "AgentComponent", "prompt_id": "p", "toolset": []}
    prompt = {"prompt_id": "p", "prompt_template": {"system": "s", "user": "u"}}
    return definition(components=[agent, ask], routers=[{"from": "a", "to": "ask"}, router], prompts=[prompt])


@pytest.mark.parametrize(
    ("kind", "choice", "is_right"),
    [
        ("approval", "modify", True),
        ("approval", "always", False),
        ("approval", "respond", False),
        ("input", "respond", True),
        ("input", "cancel", True),
        ("input", "apply", False),
    ],
)
def test_a_question_offers_only_what_fits_its_kind(kind, choice, is_right):
    found = findings_of(_asking(interaction_type=kind, choices=[choice]), is_custom=True)

    assert [finding.at for finding in found] == ([] if is_right else [("components", 1, "choices", 0)])


def test_free_words_may_be_routed_by_the_words_of_an_approval():
    assert findings_of(_asking(interaction_type="input"), is_custom=True) == ()
