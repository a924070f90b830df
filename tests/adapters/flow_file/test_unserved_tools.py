"""Tools of GitLab's that are not served yet: a flow that has them among others runs, and its author is told what to use instead."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from duo_flows.adapters.flow_file.loader import check_flow
from duo_flows.domain.tools import TO_COME

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "flow.schema.json").read_text())
FLOW = """\
version: v1
environment: ambient
components:
  - name: reader
    type: AgentComponent
    prompt_id: read
    toolset: [get_issue, {TOOL}, {{edit_file: {{any: thing}}}}]
    require_tool_approval: true
    pre_approved_tools: [{TOOL}]
routers: [{{from: reader, to: end}}]
flow: {{entry_point: reader}}
prompts: [{{prompt_id: read, prompt_template: {{system: Read., user: "{{{{ goal }}}}"}}}}]
"""


@pytest.mark.parametrize("name", sorted(set(TO_COME) - {"edit_file"}))
def test_an_agent_may_have_it_and_its_author_is_told_what_to_use_instead(name: str):
    text = FLOW.format(TOOL=name)

    checked = check_flow(text, is_custom=True, privileges=("read_only_gitlab",))

    jsonschema.validate(yaml.safe_load(text), SCHEMA)
    assert checked.errors == ()
    told = [str(warning) for warning in checked.warnings]
    assert any(name in warning and TO_COME[name].why in warning for warning in told), told


def test_a_step_cannot_be_it():
    checked = check_flow(
        FLOW.format(TOOL="read_file").replace(
            "routers: [{from: reader, to: end}]",
            "  - {name: step, type: DeterministicStepComponent, tool_name: read_file}\n"
            "routers: [{from: reader, to: step}, {from: step, to: end}]",
        ),
        is_custom=True,
        privileges=("read_only_gitlab",),
    )

    (problem,) = checked.errors
    assert "get_repository_file" in str(problem)
