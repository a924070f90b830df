"""Whatever flow can be made of the parts is written down, read again as it was, and right by the loader and by the schema."""

from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from duo_flows.adapters.flow_file import check_flow
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.flow_schema import flow_file_schema

VALIDATOR = Draft202012Validator(flow_file_schema())
# Names are whatever YAML can hold, and a path can be read through.
NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters=":.#\x7f", exclude_categories=("Cc", "Cs", "Cn", "Co", "Zs", "Zl", "Zp", "Cf")),
    min_size=1,
    max_size=12,
).map(lambda name: f"n{name}")
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"), exclude_characters="{}\x7f\ufeff"), max_size=40
)
DURATIONS = st.one_of(st.integers(1, 300).map(lambda days: f"{days}d"), st.sampled_from(["P7D", "PT12H", "3 w", "90m"]))
OPTIONAL_AGENT_KEYS: dict[str, st.SearchStrategy[Any]] = {
    "description": WORDS,
    "toolset": st.sampled_from(
        [[], ["get_job_logs"], ["get_repository_file", {"get_job_logs": {"grep": "error", "start_line": 3}}]]
    ),
    "max_cycles": st.one_of(st.integers(1, 300), st.fixed_dictionaries({"threshold": st.integers(1, 300)})),
    "max_wrap_up_retries": st.integers(1, 9),
    "model_tags": st.one_of(st.just("small"), st.lists(NAMES, max_size=3)),
    "compaction": st.booleans(),
    "cost_cap_usd": st.floats(0.01, 100),
    "ui_role_as": st.sampled_from(["agent", "tool"]),
    "ui_log_events": st.lists(st.sampled_from(["on_agent_final_answer", "on_agent_reasoning"]), unique=True),
    "prompt_version": st.none(),
}
OPTIONAL_QUESTION_KEYS: dict[str, st.SearchStrategy[Any]] = {
    "timeout": DURATIONS,
    "choices": st.just(["apply", "modify"]),
    "ui_log_events": st.just(["on_user_input_prompt", "on_user_response"]),
}


@st.composite
def flows(draw: st.DrawFn) -> dict[str, Any]:
    """A flow that asks about what each of its agents says, one after the other."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    pairs = [(f"{name}1", f"{name}2") for name in names]
    after = [agent for agent, _ in pairs[1:]] + ["end"]
    return {
        "version": "v1",
        "environment": "ambient",
        "components": [part for agent, ask in pairs for part in (draw(agents(agent)), draw(questions(ask, agent)))],
        "routers": [part for (agent, ask), to in zip(pairs, after, strict=True) for part in draw(routers(agent, ask, to))],
        "flow": {"entry_point": pairs[0][0], "summary": draw(WORDS)},
        "prompts": [{"prompt_id": "p", "name": draw(WORDS), "prompt_template": {"system": draw(WORDS), "user": "{{ goal }}"}}],
    }


def agents(name: str) -> st.SearchStrategy[dict[str, Any]]:
    inputs = st.sampled_from(
        [["context:goal"], [{"from": "context:goal", "as": "goal"}, {"from": "x: y", "as": "b", "literal": True}]]
    )
    needed = {"name": st.just(name), "type": st.just("AgentComponent"), "prompt_id": st.just("p")}
    return st.fixed_dictionaries(needed, optional={**OPTIONAL_AGENT_KEYS, "inputs": inputs})


def questions(name: str, agent: str) -> st.SearchStrategy[dict[str, Any]]:
    needed = {
        "name": st.just(name),
        "type": st.just("HumanInputComponent"),
        "sends_response_to": st.just(agent),
        "message_template": WORDS.map(lambda words: f"{words} {{{{ answer }}}}"),
        "inputs": st.just([{"from": f"context:{agent}.final_answer", "as": "answer"}]),
    }
    return st.fixed_dictionaries(needed, optional=OPTIONAL_QUESTION_KEYS)


def routers(agent: str, ask: str, to: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    routes = {"approve": to, "modify": agent, "default_route": "abort"}
    condition = {"input": f"context:{ask}.approval", "routes": routes}
    return st.just([{"from": agent, "to": ask}, {"from": ask, "condition": condition}])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(flows(), st.booleans())
def test_a_flow_that_fits_together_is_right_by_loader_and_schema(flow: dict[str, Any], is_block: bool) -> None:
    text = yaml.safe_dump(flow, default_flow_style=None if is_block else True, allow_unicode=True, sort_keys=False)

    checked = check_flow(text, is_custom=True)

    assert [problem.sentence() for problem in checked.errors] == []
    assert checked.definition == FlowDefinition.model_validate(flow)
    assert [fault.message for fault in VALIDATOR.iter_errors(yaml.safe_load(text))] == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(flows())
def test_a_definition_that_was_stored_is_a_file_again(flow: dict[str, Any]) -> None:
    dumped = FlowDefinition.model_validate(flow).model_dump(mode="json", exclude_defaults=True)
    # A default that a file has to state all the same.
    dumped["components"] = [
        {**part, "type": given["type"]} for part, given in zip(dumped["components"], flow["components"], strict=True)
    ]

    assert [fault.message for fault in VALIDATOR.iter_errors(dumped)] == []
    assert check_flow(yaml.safe_dump(dumped), is_custom=True).definition == FlowDefinition.model_validate(flow)
