"""Flow files: what is read, and what each mistake is called, by line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from duo_flows.adapters.flow_file import CatalogueFlows, FlowProblem, InvalidFlow, load_flow
from duo_flows.domain.errors import NotFound
from duo_flows.domain.flow_definition import AgentComponent, HumanInputComponent
from duo_flows.domain.requests import Choice
from duo_flows.domain.sessions import Ending

FLOW = """\
version: "v1"
environment: ambient
components:
  - name: "analyse"
    type: AgentComponent
    prompt_id: "analyse"
    inputs:
      - from: "context:goal"
        as: "task"
      - from: "context:inputs.pipeline.source_branch"
        as: "branch"
        optional: true
    toolset:
      - "get_job_logs"
      - "create_merge_request_note":
          merge_request_iid: 7
    response_schema_id: "finding"
  - name: "ask"
    type: HumanInputComponent
    sends_response_to: "analyse"
    message_template: "Apply {{ summary }}?"
    inputs:
      - from: "context:analyse.final_answer.summary"
        as: "summary"
    timeout: "P7D"
    choices: ["apply", "cancel"]
    ui_log_events: ["on_user_input_prompt", "on_user_response"]
routers:
  - from: "analyse"
    condition:
      input: "context:analyse.final_answer.verdict"
      routes:
        "fixable": "ask"
        "default_route": "end"
    endings:
      "default_route": "not_fixable"
  - from: "ask"
    to: "end"
flow:
  entry_point: "analyse"
  inputs:
    - category: pipeline
      input_schema:
        source_branch: {type: string, optional: true}
prompts:
  - prompt_id: "analyse"
    name: "Analyse"
    unit_primitives: []
    prompt_template:
      system: |
        You read logs.
      user: |
        {{ task }} on {{ branch }}
      placeholder: history
    params: {timeout: 180}
response_schemas:
  - schema_id: "finding"
    definition:
      type: object
      properties: {verdict: {type: string}, summary: {type: string}}
      required: [verdict]
"""


def load(text: str, *, is_custom: bool = True) -> Any:
    return load_flow(text, source="my flow", is_custom=is_custom)


def problems(text: str, *, is_custom: bool = True) -> tuple[FlowProblem, ...]:
    with pytest.raises(InvalidFlow) as caught:
        load(text, is_custom=is_custom)
    return caught.value.problems


def changed(old: str, new: str) -> str:
    assert FLOW.count(old) >= 1
    return FLOW.replace(old, new, 1)


def test_a_flow_file_is_read_whole() -> None:
    definition = load(FLOW)

    agent, ask = definition.components
    assert isinstance(agent, AgentComponent)
    assert isinstance(ask, HumanInputComponent)
    assert [given.name for given in agent.inputs] == ["task", "branch"]
    assert agent.toolset[1].forced == {"merge_request_iid": 7}
    assert ask.choices == (Choice.APPLY, Choice.CANCEL)
    assert definition.routers[0].endings == {"default_route": Ending.NOT_FIXABLE}
    assert definition.flow.inputs[0].input_schema["source_branch"].optional
    assert definition.schema("finding")["required"] == ["verdict"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'prompt_id: "analyse"\n    inputs',
            'promt_id: "analyse"\n    inputs',
            FlowProblem(line=6, column=5, key="components[0].promt_id", found="promt_id", allowed="", suggestion="prompt_id"),
        ),
        (
            "type: HumanInputComponent",
            "type: HumanInput",
            FlowProblem(
                line=19, column=5, key="components[1].type", found="HumanInput", allowed="", suggestion="HumanInputComponent"
            ),
        ),
        (
            "environment: ambient",
            "environment: ambiant",
            FlowProblem(line=2, column=1, key="environment", found="ambiant", allowed="", suggestion="ambient"),
        ),
        (
            'entry_point: "analyse"',
            'entry_point: "analyze"',
            FlowProblem(line=40, column=3, key="flow.entry_point", found="analyze", allowed="", suggestion="analyse"),
        ),
        (
            '"fixable": "ask"',
            '"fixable": "aks"',
            FlowProblem(line=33, column=9, key="routers[0].condition.routes.fixable", found="aks", allowed="", suggestion="ask"),
        ),
        (
            'from: "context:goal"',
            'from: "context:gaol"',
            FlowProblem(
                line=8, column=9, key="components[0].inputs[0]", found="context:gaol", allowed="", suggestion="context:goal"
            ),
        ),
        (
            "{{ task }}",
            "{{ tsak }}",
            FlowProblem(line=53, column=12, key="prompts[0].prompt_template.user", found="tsak", allowed="", suggestion="task"),
        ),
        (
            '["apply", "cancel"]',
            '["apply", "cancle"]',
            FlowProblem(line=26, column=24, key="components[1].choices[1]", found="cancle", allowed="", suggestion="cancel"),
        ),
        (
            '"default_route": "not_fixable"',
            '"default_route": "not_fixible"',
            FlowProblem(
                line=36, column=7, key="routers[0].endings.default_route", found="not_fixible", allowed="", suggestion="not_fixable"
            ),
        ),
        (
            'response_schema_id: "finding"',
            'response_schema_id: "findings"',
            FlowProblem(
                line=17, column=5, key="components[0].response_schema_id", found="findings", allowed="", suggestion="finding"
            ),
        ),
    ],
)
def test_a_wrong_name_is_named_by_line_and_key_with_the_right_one(old: str, new: str, problem: FlowProblem) -> None:
    found = problems(changed(old, new))

    assert problem in [one.model_copy(update={"allowed": ""}) for one in found]


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "allowed"),
    [
        ('  - from: "ask"\n    to: "end"\n', "", 18, "components[1].name", "a router `from: ask`"),
        (
            'sends_response_to: "analyse"',
            'sends_response_to: "ask"',
            20,
            "components[1].sends_response_to",
            "another component: analyse",
        ),
        ('  - name: "ask"', '  - name: "analyse"', 18, "components[1].name", "each `name` once"),
        ('  - name: "ask"', '  - name: "goal"', 18, "components[1].name", "any name but"),
        ('  - name: "ask"', '  - name: "a.b"', 18, "components[1].name", "no `:`, `.` or `#`"),
        ('  - from: "ask"\n', '  - from: "analyse"\n', 37, "routers[1].from", "each `from` once"),
        (
            '    to: "end"',
            '    to: "end"\n    condition: {input: status, routes: {a: end}}',
            37,
            "routers[1]",
            "either `to` or `condition`",
        ),
        ('    prompt_id: "analyse"\n', "", 4, "components[0].prompt_id", "has to be there"),
        ('as: "branch"', 'as: "task"', 7, "components[0].inputs", "different `as` names"),
        ('from: "context:goal"', 'from: "goal"', 8, "components[0].inputs[0]", "`context:component.output`"),
        ('timeout: "P7D"', 'timeout: "a week"', 25, "components[1].timeout", "duration"),
        ("You read logs.", "You {% if %} logs.", 51, "prompts[0].prompt_template.system", "a Jinja2 template"),
        ("    params: {timeout: 180}", "    model: x", 55, "prompts[0].model", "prompt_template"),
        ("      type: object\n      prop", "      prop", 58, "response_schemas[0]", "type: object"),
        ("          merge_request_iid: 7", "          a: {b: [1]}", 15, "components[0].toolset[1]", "is deeper"),
    ],
)
def test_what_does_not_fit_together_is_named_by_line_and_key(old: str, new: str, line: int, key: str, allowed: str) -> None:
    found = problems(changed(old, new))

    assert [one.key for one in found if one.line == line and key in one.key and allowed in one.allowed] != [], found


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("", 1, "an empty file"),
        ("a: [1", 1, "not closed"),
        ("a: 1\nb: 2\na: 3", 3, "a for the second time"),
        ("a: {b: 1, b: 2}", 1, "b for the second time"),
        ("a: 1\n---\nb: 2", 2, "a second document"),
        ("a: !!python/object/apply:os.system ['true']", 1, "the tag"),
        ("a: !secret x", 1, "the tag !secret"),
        ("a: .inf", 1, "the number .inf"),
        ("a:\n  yes: b", 2, "the key yes"),
        ("1: b", 1, "the key 1"),
        ("? [a]\n: b", 1, "a key that is no text"),
        ("a: &x [*x]", 1, "an alias inside"),
        ("a: \x00", 1, ""),
        ("[" * 100 + "]" * 100, 1, "nested too deeply"),
        ("[" * 100_000, 1, "nested too deeply"),
        ("a: " + "9" * 5_000, 1, "the number"),
        ("x" * (256 * 1024 + 1), 1, "262,145 characters"),
        ("- just\n- a list", 1, "a list"),
        ("<<: 5\n", 1, "merged"),
    ],
)
def test_what_is_no_flow_file_is_refused_at_its_line(text: str, line: int, found: str) -> None:
    problem = problems(text)[0]

    assert problem.line == line
    assert found in problem.found


def test_aliases_that_unfold_without_end_are_refused() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))

    assert "unfold too far" in problems(bomb)[0].found


def test_aliases_and_merges_are_read() -> None:
    text = changed(
        "params: {timeout: 180}", "params: &p {timeout: 180}\n  - <<: {prompt_id: b, params: *p}\n    prompt_template: {user: b}"
    )

    assert load(text).prompt("b").params.timeout == 180


def test_a_quoted_date_and_an_unquoted_one_are_both_text() -> None:
    assert load(changed('name: "Analyse"', "name: 2026-01-02")).prompt("analyse").name == "2026-01-02"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("environment: ambient", "environment: chat", "environment"),
        ("environment: ambient", "environment: ambient\nname: Mine", "name"),
        ("environment: ambient", "environment: ambient\ndescription: Mine", "description"),
        ("environment: ambient", "environment: ambient\nproduct_group: Mine", "product_group"),
        ("{timeout: 180}", "{timeout: 180, stop: [x]}", "prompts[0].params.stop"),
    ],
)
def test_gitlabs_limits_hold_for_custom_flows_alone(old: str, new: str, key: str) -> None:
    assert [one.key for one in problems(changed(old, new))] == [key]
    assert load(changed(old, new), is_custom=False).version == "v1"


def test_all_problems_come_at_once_in_the_files_order() -> None:
    text = changed('entry_point: "analyse"', 'entry_point: "nobody"').replace(
        'prompt_id: "analyse"\n    inp', 'prompt_id: "x"\n    inp'
    )

    assert [one.key for one in problems(text)] == ["components[0].prompt_id", "flow.entry_point"]


def test_the_message_names_the_source_and_the_first_problems() -> None:
    with pytest.raises(
        InvalidFlow, match=r"my flow is not a flow that can run\. line 2, column 1: environment: found ambiant"
    ) as caught:
        load(changed("environment: ambient", "environment: ambiant"))

    assert caught.value.code == "invalid_definition"
    assert "Did you mean ambient?" in str(caught.value)


def test_a_long_list_of_problems_is_cut_in_the_message_alone() -> None:
    with pytest.raises(InvalidFlow, match=r"… and \d+ more") as caught:
        load("\n".join(f"key{n}: 1" for n in range(20)))

    assert len(caught.value.problems) > 20


def test_supervisors_name_agents_with_descriptions() -> None:
    text = changed("    toolset:\n", "    subagents: [{name: ask}, {name: helper}, {name: analyse}]\n    toolset:\n")
    helper = '  - name: "helper"\n    type: AgentComponent\n    prompt_id: "analyse"\n    inputs: ["context:goal"]\n'
    found = problems(text.replace("routers:\n", helper + "routers:\n", 1))

    assert {(one.key, one.found) for one in found if "subagents" in one.key} == {
        ("components[0].subagents[0].name", "ask"),
        ("components[0].subagents[1].name", "helper without `description`"),
        ("components[0].subagents[2].name", "analyse"),
    }


def test_one_agent_without_routers_is_a_chat_partial_flow() -> None:
    text = """
version: v1
environment: chat-partial
components: [{name: a, type: AgentComponent, prompt_id: p}]
prompts: [{prompt_id: p, prompt_template: {system: s, user: "{{ goal }}"}}]
routers: []
flow: {}
"""
    assert load(text, is_custom=False).flow.entry_point == ""
    assert "flow.entry_point" in [one.key for one in problems(text.replace("chat-partial", "ambient"))]


def test_the_catalogue_lists_and_loads_its_folder(tmp_path: Path) -> None:
    (tmp_path / "fix_pipeline.yaml").write_text(
        FLOW.replace("environment", "description: Fixes.\nenvironment", 1), encoding="utf-8"
    )
    (tmp_path / "notes.txt").write_text("not a flow", encoding="utf-8")
    (tmp_path / "Bad Name.yaml").write_text("", encoding="utf-8")
    flows = CatalogueFlows(tmp_path)

    assert flows.names() == ("fix_pipeline",)
    assert flows.load("fix_pipeline").flow.entry_point == "analyse"
    assert flows.outline(flows.text("fix_pipeline"), is_custom=False).description == "Fixes."
    assert flows.text("fix_pipeline").startswith("version")


@pytest.mark.parametrize("name", ["nothing", "../secret", "notes", ""])
def test_the_catalogue_knows_no_other_names(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "flows"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text(FLOW, encoding="utf-8")

    with pytest.raises(NotFound, match="no built-in flow"):
        CatalogueFlows(folder).text(name)


def test_a_catalogue_without_a_folder_is_empty(tmp_path: Path) -> None:
    assert CatalogueFlows(tmp_path / "nothing").names() == ()
