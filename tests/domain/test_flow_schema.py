"""The schema for editors: every key is described, and every form of it is one that the loader reads."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.flow_key_words import KEY_WORDS
from duo_flows.domain.flow_schema import flow_file_schema
from duo_flows.domain.tools import TOOLS

SCHEMA = flow_file_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
AGENT = {"name": "a", "type": "AgentComponent", "prompt_id": "p"}
STEP = {"name": "a", "type": "DeterministicStepComponent", "tool_name": "list_repository_tree"}
ASK = {"name": "a", "type": "HumanInputComponent", "sends_response_to": "b", "message_template": "?"}


def flow(component: dict[str, Any], router: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "version": "v1",
        "environment": "ambient",
        "components": [component],
        "routers": [router or {"from": "a", "to": "end"}],
        "flow": {"entry_point": "a"},
    }


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", sorted(KEY_WORDS))
def test_every_key_of_a_part_is_described_and_no_other(name):
    definition = SCHEMA if name == "FlowDefinition" else SCHEMA["$defs"][name]
    form = definition["anyOf"][1] if name == "Input" else definition

    assert {key for key, words in form["properties"].items() if words.get("description")} == set(KEY_WORDS[name])
    assert set(form["properties"]) == set(KEY_WORDS[name])
    assert form["additionalProperties"] is False


def test_every_tool_can_be_named_and_described():
    offered = {choice["const"]: choice["description"] for choice in SCHEMA["$defs"]["StepToolName"]["oneOf"]}

    assert offered == {name: spec.description for name, spec in TOOLS.items()}
    agents = {choice["const"] for choice in SCHEMA["$defs"]["AgentToolName"]["oneOf"]}
    assert agents == {name for name, spec in TOOLS.items() if spec.for_agents}


@pytest.mark.parametrize(
    "given",
    [
        flow({**AGENT, "inputs": ["context:goal", {"from": "status", "as": "now"}, {"from": "a: b", "as": "x", "literal": True}]}),
        flow({**AGENT, "toolset": ["get_job_logs", {"get_job_logs": {"grep": "error"}}]}),
        flow({**AGENT, "max_cycles": 5}),
        flow({**AGENT, "max_cycles": {"threshold": 5, "iteration_warning_offset": 2}}),
        flow({**AGENT, "model_tags": "small", "model_size_preference": None}),
        flow({**AGENT, "compaction": True, "prompt_version": None}),
        flow({**STEP, "toolset": [{"wait_for_pipeline": {"max_attempts": 2}}]}),
        flow({**ASK, "timeout": "P7D", "choices": ["apply"]}),
        flow({**ASK, "timeout": "12 h", "change": "context:b.tool_responses.change"}),
        flow(AGENT, {"from": "a", "condition": {"input": "status", "routes": {"x": "end"}}, "endings": {"x": "done"}}),
        {**flow(AGENT), "response_schemas": [{"schema_id": "s", "definition": '{"type": "object"}'}]},
        {**flow(AGENT), "response_schemas": [{"schema_id": "s", "definition": {"type": "object"}}]},
    ],
)
def test_every_form_that_the_loader_reads_is_one_of_the_schema(given):
    FlowDefinition.model_validate(given)

    assert [fault.message for fault in VALIDATOR.iter_errors(given)] == []


@pytest.mark.parametrize(
    "given",
    [
        flow({**AGENT, "promt_id": "p"}),
        flow({**AGENT, "type": "Agent"}),
        flow({"name": "a", "prompt_id": "p"}),
        flow({**AGENT, "name": "a.b"}),
        flow({**AGENT, "inputs": ["goal"]}),
        flow({**AGENT, "inputs": [{"from": "x", "literal": True}]}),
        flow({**AGENT, "max_cycles": 0}),
        flow({**AGENT, "toolset": [{"get_job_logs": {}, "get_repository_file": {}}]}),
        flow({**ASK, "timeout": "two days"}),
        flow({**ASK, "choices": ["maybe"]}),
        flow(AGENT, {"from": "a"}),
        flow(AGENT, {"from": "a", "to": "b", "condition": {"input": "status", "routes": {"x": "end"}}}),
        flow(AGENT, {"from": "a", "to": "b", "ending": "done"}),
        {**flow(AGENT), "response_schemas": [{"schema_id": "s", "definition": {"type": "array"}}]},
        {**flow(AGENT), "version": 1.0},
        {**flow(AGENT), "components": []},
    ],
)
def test_what_the_loader_refuses_of_one_place_the_schema_refuses_too(given):
    with pytest.raises(ValueError, match=r"."):
        FlowDefinition.model_validate(given)

    assert not VALIDATOR.is_valid(given)


@pytest.mark.parametrize(
    ("component", "key", "told"),
    [
        ({**AGENT, "promt_id": "p"}, "additionalProperties", "promt_id"),
        ({"name": "a", "type": "AgentComponent"}, "required", "prompt_id"),
        ({**STEP, "prompt_id": "p"}, "additionalProperties", "prompt_id"),
        ({**AGENT, "type": "Agent"}, "enum", "AgentComponent"),
    ],
)
def test_a_mistake_in_a_component_is_told_once_and_by_its_own_type(component, key, told):
    faults = list(VALIDATOR.iter_errors(flow(component)))

    assert [(fault.validator, told in fault.message) for fault in faults] == [(key, True)]


@pytest.mark.parametrize(
    "given",
    [
        flow({**ASK, "choices": ["always"]}),
        flow(AGENT, {"from": "a", "to": "end", "ending": "fault"}),
        flow(AGENT, {"from": "a", "condition": {"input": "status", "routes": {"x": "end"}}, "endings": {"x": "expired"}}),
    ],
)
def test_words_that_the_rules_refuse_in_a_flow_are_none_of_the_schema(given):
    FlowDefinition.model_validate(given)

    assert not VALIDATOR.is_valid(given)


@pytest.mark.parametrize(
    "toolset", [["no_such_tool"], ["push_change"], [{"get_job_logs": {"grp": "x"}}], [{"get_job_logs": {"start_line": "first"}}]]
)
def test_tools_and_their_forced_parameters_are_checked(toolset):
    assert not VALIDATOR.is_valid(flow({**AGENT, "toolset": toolset}))
