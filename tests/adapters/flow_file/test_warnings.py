"""Warnings: what runs and is probably not meant. None of them keeps a flow from being loaded."""

from pathlib import Path

import pytest

from duo_flows.adapters.flow_file import check_flow, load_flow

READING = ("read_only_gitlab",)
FLOW = """\
version: v1
environment: ambient
components:
  - name: work
    type: AgentComponent
    prompt_id: work
    inputs: ["context:goal"]
    toolset: [get_job_logs]
  - name: ask
    type: HumanInputComponent
    sends_response_to: work
    message_template: "Good?"
  - name: tidy
    type: DeterministicStepComponent
    tool_name: list_repository_tree
routers:
  - {from: work, to: ask}
  - from: ask
    condition:
      input: "context:ask.approval"
      routes: {approve: tidy, modify: work, default_route: end}
  - {from: tidy, to: end}
flow: {entry_point: work}
prompts:
  - {prompt_id: work, prompt_template: {user: "{{ goal }}"}}
"""


def warnings(text, **options):
    checked = check_flow(text, is_custom=True, privileges=options.get("privileges", READING))
    assert checked.errors == ()
    return [(problem.line, problem.key, problem.found) for problem in checked.warnings]


def test_a_flow_of_which_everything_is_meant_has_none():
    assert warnings(FLOW) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("approve: tidy", "approve: end", (13, "components[2].name", "tidy, which no way from work leads to")),
        ("modify: work", "modify: tidy", (21, "routers[1].condition.routes.modify", "tidy")),
        (", default_route: end", "", (21, "routers[1].condition.routes", "no default_route")),
        (
            FLOW[FLOW.index("\n    condition") : FLOW.index("\n  - {from: tidy")],
            "\n    to: tidy",
            (9, "components[1].name", "ask leads on whatever is answered"),
        ),
        (
            "prompts:\n",
            "prompts:\n  - {prompt_id: old, prompt_template: {}}\n",
            (25, "prompts[0].prompt_id", "old, which no component uses"),
        ),
        (
            "prompts:\n",
            "response_schemas: [{schema_id: old, definition: {type: object}}]\nprompts:\n",
            (24, "response_schemas[0].schema_id", "old, which no component uses"),
        ),
        (
            '["context:goal"]',
            '["context:goal", "context:project_id"]',
            (7, "components[0].inputs[1]", "project_id, which no template of work names"),
        ),
        ("[get_job_logs]", "[get_job_logs, get_job_logs]", (8, "components[0].toolset[1]", "get_job_logs for the second time")),
        (
            "[get_job_logs]",
            "[create_merge_request_note]",
            (8, "components[0].toolset[0]", "create_merge_request_note, of the privilege class read_write_gitlab"),
        ),
        (
            "    tool_name:",
            "    max_correction_attempts: 2\n    tool_name:",
            (
                15,
                "components[2].max_correction_attempts",
                "max_correction_attempts, which a DeterministicStepComponent does not have",
            ),
        ),
        (
            "    toolset:",
            "    x_own_notes: [1, 2]\n    toolset:",
            (8, "components[0].x_own_notes", "x_own_notes, which a AgentComponent does not have"),
        ),
        ("    toolset:", "    model_size_preference: small\n    toolset:", None),
        ("    toolset:", "    max_delegations: 2\n    toolset:", (8, "components[0].max_delegations", "2")),
        (
            "    toolset:",
            "    ui_log_events: [on_agent_reasoning, on_delegation]\n    toolset:",
            (8, "components[0].ui_log_events[1]", "on_delegation"),
        ),
        (
            '"Good?"',
            '"Good?"\n    ui_log_events: [on_user_response]',
            (13, "components[1].ui_log_events", "no on_user_input_prompt"),
        ),
        (
            '"{{ goal }}"}',
            '"{{ goal }}{{ was | default(0) }}"}',
            None,
        ),
        (
            'inputs: ["context:goal"]',
            'inputs: ["context:goal", {from: "context:tidy.tool_respones", as: was, optional: true}]',
            (7, "components[0].inputs[1]", "context:tidy.tool_respones"),
        ),
    ],
)
def test_what_is_probably_not_meant_is_told_and_still_loads(old, new, told):
    assert FLOW.count(old) >= 1
    text = FLOW.replace(old, new, 1)

    assert (told is None and warnings(text) == []) or told in warnings(text), warnings(text)
    assert load_flow(text, source="it", is_custom=True).version == "v1"


@pytest.mark.parametrize(
    ("choices", "routes", "told"),
    [
        ("[apply, modify]", "{approve: tidy, modify: work}", []),
        ("[apply, diff, cancel]", "{approve: tidy, reject: end}", []),
        ("[]", "{approve: tidy, reject: end, modify: work}", []),
        ("[apply, cancel]", "{approve: tidy, modify: work}", [(22, "routers[1].condition.routes", "no default_route")]),
    ],
)
def test_a_question_needs_a_default_route_only_for_answers_that_it_offers_and_does_not_route(choices, routes, told):
    text = FLOW.replace('"Good?"', f'"Good?"\n    choices: {choices}')

    assert warnings(text.replace("{approve: tidy, modify: work, default_route: end}", routes)) == told


PARSED = """\
version: v1
environment: ambient
components:
  - {name: work, type: AgentComponent, prompt_id: work, response_schema_id: finding}
  - {name: tell, type: AgentComponent, prompt_id: tell, inputs: [{from: "context:work.final_answer", as: v}]}
routers: [{from: work, to: tell}, {from: tell, to: end}]
flow:
  entry_point: work
  summary: "{{ tell.final_answer }}"
prompts:
  - {prompt_id: work, prompt_template: {user: "{{ goal }}"}}
  - {prompt_id: tell, prompt_template: {user: "{{ v.severity }}"}}
response_schemas:
  - schema_id: finding
    definition: {type: object, properties: {severity: {type: string}, all: {type: array}}}
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("v.severity", "v.severty", (12, "prompts[1].prompt_template.user", "v.severty", "severity")),
        ("v.severity", "v['severty']", (12, "prompts[1].prompt_template.user", "v.severty", "severity")),
        ("tell.final_answer", "tell.final_answr", (9, "flow.summary", "tell.final_answr", "final_answer")),
        ("tell.final_answer", "work.final_answer.severty", (9, "flow.summary", "work.final_answer.severty", "severity")),
    ],
)
def test_a_template_that_reads_a_field_that_cannot_be_there_is_told_with_the_nearest(old, new, told):
    checked = check_flow(PARSED.replace(old, new), is_custom=True, privileges=READING)

    assert [(one.line, one.key, one.found, one.suggestion) for one in checked.warnings] == [told]


@pytest.mark.parametrize(
    "reads",
    [
        "v.severity.upper()",
        "v.items() | list",
        "v.note | default('none')",
        "v.all[0].text",
        "v[v.severity]",
        "v is defined and v.note is defined",
    ],
)
def test_a_template_may_call_methods_read_open_values_and_ask_for_what_it_can_miss(reads):
    assert warnings(PARSED.replace("v.severity", reads)) == []


def test_a_format_that_nothing_is_checked_by_is_told_with_the_nearest():
    declared = "flow: {entry_point: work, inputs: [{category: ticket, input_schema: {url: {type: string, format: FORMAT}}}]}"
    text = FLOW.replace("flow: {entry_point: work}", declared)
    checked = check_flow(text.replace("FORMAT", "urii"), is_custom=True, privileges=READING)

    assert warnings(text.replace("FORMAT", "uri")) == []
    assert [(problem.key, problem.found, problem.suggestion) for problem in checked.warnings] == [
        ("flow.inputs[0].input_schema.url.format", "urii", "uri")
    ]


def test_the_first_example_of_the_page_on_flows_has_no_warning():
    page = (Path(__file__).parents[3] / "docs" / "flows.md").read_text(encoding="utf-8")

    assert warnings(page.split("```yaml\n")[1].split("```")[0]) == []


def test_a_tool_above_what_is_granted_is_told_by_what_is_granted():
    text = FLOW.replace("[get_job_logs]", "[create_merge_request_note]", 1)

    assert warnings(text, privileges=("read_write_gitlab",)) == []


def test_an_answer_to_a_step_reaches_nobody():
    text = FLOW.replace("{from: work, to: ask}", "{from: work, to: tidy}").replace("{from: tidy, to: end}", "{from: tidy, to: ask}")
    text = text.replace("approve: tidy", "approve: end").replace("sends_response_to: work", "sends_response_to: tidy")

    assert warnings(text) == [(11, "components[1].sends_response_to", "tidy")]


def test_a_field_that_a_flow_does_not_declare_may_come_all_the_same():
    declared = "flow: {entry_point: work, inputs: [{category: ticket, input_schema: {number: {type: integer}}}]}"
    text = FLOW.replace("flow: {entry_point: work}", declared).replace(
        '["context:goal"]', '["context:goal", {from: "context:inputs.ticket.KEY", as: t}]'
    )
    text = text.replace("{{ goal }}", "{{ goal }}{{ t }}")

    assert warnings(text.replace("KEY", "number")) == []
    assert warnings(text.replace("KEY", "numbr")) == [(7, "components[0].inputs[1]", "context:inputs.ticket.numbr")]
