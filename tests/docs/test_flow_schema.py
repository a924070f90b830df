"""The schema beside the docs is the code's, and takes every flow of this repository."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from duo_flows.domain.flow_schema import flow_file_schema

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "flows.md").read_text(encoding="utf-8")
FLOWS = sorted((ROOT / "flows").glob("*.yaml"))
EXAMPLES = re.findall(r"^```yaml\n((?:#.*\n)*version: v1\n.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
BROKEN = ROOT / "tests" / "adapters" / "flow_file" / "broken"
# Mistakes of one place, which the schema sees without knowing the rest of the file.
OF_ONE_PLACE = (
    *("key_misspelt", "key_in_a_prompt_misspelt", "type_unknown", "version_a_number", "environment_unknown", "name_a_number"),
    *("name_with_a_dot", "router_two_ways", "path_without_a_target", "path_to_an_unknown_target", "tool_unknown"),
    *("tool_only_for_steps", "tool_of_a_step_unknown", "forced_parameter_unknown", "forced_parameter_of_another_type"),
    *("forced_parameters_of_two_tools", "cycles_below_one", "cycles_a_text", "timeout_no_duration", "schema_of_no_object"),
    *("inputs_a_number", "toolset_a_number", "components_a_mapping", "components_none", "yaml_a_list"),
)


def test_the_schema_beside_the_docs_is_that_of_the_code():
    kept = json.loads((ROOT / "docs" / "flow.schema.json").read_text(encoding="utf-8"))

    assert kept == flow_file_schema(), "write it anew: duoflow flows schema --output docs/flow.schema.json"


@pytest.mark.parametrize("text", [*(path.read_text(encoding="utf-8") for path in FLOWS), *EXAMPLES])
def test_every_flow_of_the_repository_fits_the_schema(text):
    assert [fault.json_path for fault in Draft202012Validator(flow_file_schema()).iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize("name", OF_ONE_PLACE)
def test_a_broken_file_does_not_fit_the_schema(name):
    content = yaml.safe_load((BROKEN / f"{name}.yaml").read_bytes())

    assert not Draft202012Validator(flow_file_schema()).is_valid(content)
