"""The page of flows: its table of tools and its example are those of the code."""

import re
from pathlib import Path

from duo_flows.adapters.flow_file.loader import load_flow
from duo_flows.domain.tools import TOOLS, ToolSpec

PAGE = (Path(__file__).parents[2] / "docs" / "flows.md").read_text(encoding="utf-8")


def row(spec: ToolSpec) -> str:
    arguments = ", ".join(f"`{name}`" for name in spec.arguments.model_fields)
    who = "agents, steps" if spec.for_agents else "steps"
    access = spec.access.name.capitalize()
    return f"| `{spec.name}` | {who} | `{spec.privilege}` | {access} | {arguments} | {spec.description} |"


def tools_table() -> str:
    head = ["| tool | for | privilege class | access | arguments | does |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *(row(TOOLS[name]) for name in sorted(TOOLS))])


def test_the_page_holds_every_tool_with_its_rights_and_its_arguments():
    assert tools_table() in PAGE


def test_the_example_on_the_page_loads_as_a_custom_flow():
    [example] = re.findall(r"^```yaml\n(version: v1\n.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)

    definition = load_flow(example, source="docs/flows.md", is_custom=True)

    assert definition.flow.entry_point == "read_failures"
