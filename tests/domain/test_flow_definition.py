"""The definition as a value: GitLab's short forms, our optional keys, and what one part alone cannot be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_definition import (
    AgentComponent,
    Condition,
    DeterministicStepComponent,
    FlowDefinition,
    HumanInputComponent,
    Input,
    ResponseSchema,
    Router,
    ToolUse,
)
from duo_flows.domain.requests import Choice
from duo_flows.domain.sessions import Ending


def flow(**changed: Any) -> dict[str, Any]:
    return {
        "version": "v1",
        "environment": "ambient",
        "components": [
            {"name": "analyse", "type": "AgentComponent", "prompt_id": "analyse", "toolset": ["get_job_logs"]},
            {"name": "post", "type": "DeterministicStepComponent", "tool_name": "create_merge_request_note"},
        ],
        "routers": [{"from": "analyse", "to": "post"}, {"from": "post", "to": "end", "ending": "done"}],
        "flow": {"entry_point": "analyse"},
        "prompts": [{"prompt_id": "analyse", "name": "Analyse", "prompt_template": {"system": "s", "user": "{{goal}}"}}],
        "response_schemas": [{"schema_id": "finding", "definition": '{"type": "object", "properties": {}}'}],
        **changed,
    }


def test_a_definition_reads_gitlabs_short_forms() -> None:
    definition = FlowDefinition.model_validate(flow())

    agent = definition.component("analyse")

    assert isinstance(agent, AgentComponent)
    assert agent.inputs == (Input.model_validate("context:goal"),)
    assert agent.max_cycles.threshold == 280
    assert agent.toolset == (ToolUse(name="get_job_logs"),)
    assert definition.schema("finding") == {"type": "object", "properties": {}}
    assert definition.schema("other") is None


def test_a_definition_survives_being_stored_and_read_again() -> None:
    definition = FlowDefinition.model_validate(
        flow(
            components=[
                {
                    "name": "ask",
                    "type": "HumanInputComponent",
                    "sends_response_to": "plan",
                    "message_template": "ok?",
                    "inputs": ["context:goal", {"from": "internal", "as": "kind", "literal": True}],
                    "timeout": "7d",
                    "change": "context:proposal.tool_responses",
                    "choices": ["apply", "cancel"],
                },
                {"name": "plan", "type": "AgentComponent", "prompt_id": "p", "toolset": [{"note": {"internal": True}}]},
            ]
        )
    )

    assert FlowDefinition.model_validate_json(definition.model_dump_json()) == definition
    assert definition.model_dump(mode="json")["components"][1]["toolset"] == [{"note": {"internal": True}}]


def test_an_unknown_component_or_prompt_is_named() -> None:
    definition = FlowDefinition.model_validate(flow())

    with pytest.raises(NeverAgain, match="no component 'nobody'"):
        definition.component("nobody")
    with pytest.raises(NeverAgain, match="no prompt 'nothing'"):
        definition.prompt("nothing")


@pytest.mark.parametrize(
    ("given", "name", "target", "path"),
    [
        ("context:goal", "goal", "context", ("goal",)),
        ("context:plan.final_answer.title", "title", "context", ("plan", "final_answer", "title")),
        ("status", "status", "status", ()),
        ({"from": "context:goal", "as": "task"}, "task", "context", ("goal",)),
        ({"from": "a.b: c", "as": "text", "literal": True}, "text", "", ()),
    ],
)
def test_an_input_is_named_by_its_alias_or_its_last_part(given: Any, name: str, target: str, path: tuple[str, ...]) -> None:
    read = Input.model_validate(given)

    assert (read.name, read.target, read.path) == (name, target, path)


@pytest.mark.parametrize(
    "given", ["goal", "context:", "context:a..b", "memory:a", "context", {"from": "x", "literal": True}, 7, {}]
)
def test_an_input_that_reads_nothing_known_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        Input.model_validate(given)


@pytest.mark.parametrize(("given", "days"), [("P7D", 7), ("7d", 7), ("168 h", 7), ("2w", 14)])
def test_a_timeout_is_a_duration_in_either_writing(given: str, days: int) -> None:
    ask = HumanInputComponent(name="ask", sends_response_to="plan", message_template="", timeout=given, choices=("apply",))  # type: ignore[arg-type]

    assert ask.timeout == timedelta(days=days)
    assert ask.choices == (Choice.APPLY,)


@pytest.mark.parametrize("given", ["0d", "P-1D", "soon", "400d", "999999999w", "P999999999999D"])
def test_a_timeout_that_is_no_time_to_wait_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        HumanInputComponent(name="ask", sends_response_to="plan", message_template="", timeout=given)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "a.b", "a:b", "a#request"])
def test_a_component_name_that_would_break_paths_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=r"no `:`, `\.` or `#`"):
        DeterministicStepComponent(name=name, tool_name="get_issue")


def test_the_older_preference_is_a_model_tag_unless_tags_are_given() -> None:
    base = {"name": "a", "type": "AgentComponent", "prompt_id": "p", "model_size_preference": "small"}

    assert AgentComponent.model_validate(base).model_tags == ("small",)
    assert AgentComponent.model_validate({**base, "model_tags": ["large", "claude"]}).model_tags == ("large", "claude")


def test_cycles_are_a_number_or_a_number_with_a_warning() -> None:
    base = {"name": "a", "prompt_id": "p"}

    assert AgentComponent.model_validate({**base, "max_cycles": 5}).max_cycles.threshold == 5
    both = AgentComponent.model_validate({**base, "max_cycles": {"threshold": 9, "iteration_warning_offset": 2}})
    assert (both.max_cycles.threshold, both.max_cycles.iteration_warning_offset) == (9, 2)


def test_forced_parameters_are_flat() -> None:
    assert ToolUse.model_validate({"note": {"internal": True, "labels": ["a"]}}).forced == {"internal": True, "labels": ["a"]}
    with pytest.raises(ValidationError, match="'labels' is deeper"):
        ToolUse.model_validate({"note": {"labels": [["a"]]}})
    with pytest.raises(ValidationError, match="one tool's name"):
        ToolUse.model_validate({"note": {}, "other": {}})


@pytest.mark.parametrize(
    ("router", "reason"),
    [
        ({"from": "a"}, "either `to` or `condition`"),
        ({"from": "a", "to": "b", "condition": {"input": "status", "routes": {"x": "b"}}}, "either `to` or `condition`"),
        ({"from": "a", "to": "b", "ending": "done"}, "`to: end`"),
        ({"from": "a", "condition": {"input": "status", "routes": {"x": "b"}}, "endings": {"x": "done"}}, "not a route to `end`"),
        ({"from": "a", "to": "end", "ending": "somehow"}, "done"),
        ({"from": "a", "condition": {"input": "conversation_history:b", "routes": {"x": "b"}}}, "a router reads from"),
        ({"from": "a", "condition": {"input": "status", "routes": {}}}, "at least 1"),
    ],
)
def test_a_router_that_cannot_be_followed_is_refused(router: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Router.model_validate(router)


def test_a_router_knows_its_targets_and_endings() -> None:
    routes = {"yes": "b", "no": "end"}
    router = Router.model_validate(
        {"from": "a", "condition": {"input": "context:a.final_answer", "routes": routes}, "endings": {"no": "not_fixable"}}
    )

    assert router.targets == ("b", "end")
    assert router.endings == {"no": Ending.NOT_FIXABLE}


def test_a_route_longer_than_any_inline_value_is_refused() -> None:
    with pytest.raises(ValidationError, match="at most 200"):
        Condition.model_validate({"input": "status", "routes": {"x" * 201: "end"}})


@pytest.mark.parametrize("definition", ["no json", "[]", '{"type": "array"}', {"properties": {}}, "[" * 100_000])
def test_a_response_schema_that_describes_no_object_is_refused(definition: Any) -> None:
    with pytest.raises(ValidationError):
        ResponseSchema.model_validate({"schema_id": "s", "definition": definition})


def test_an_unknown_key_is_refused_anywhere() -> None:
    with pytest.raises(ValidationError, match="modle"):
        FlowDefinition.model_validate(flow(modle="claude"))
