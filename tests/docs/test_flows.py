"""The page of flows: its table of tools, its example and its diagram are those of the code."""

import re
from pathlib import Path

from duo_flows.adapters.flow_file.loader import load_flow
from duo_flows.domain.flow_definition import DEFAULT_ROUTE, END, FlowDefinition
from duo_flows.domain.flow_rules.without_effect import KEYS_OF_COMPONENTS, KEYS_OF_PARAMS
from duo_flows.domain.tools import TO_COME, TOOLS, Privilege, ToolSpec

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "flows.md").read_text(encoding="utf-8")
FIX_PIPELINE = (ROOT / "flows" / "fix_pipeline.yaml").read_text(encoding="utf-8")

# One way on in a Mermaid diagram: `a -->|x, y| b` or `a --> b`.
ARROW = re.compile(r"(?=\b(\w+) -->(?:\|([^|]*)\|)? (\w+))")


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


def unserved_table() -> str:
    names = {privilege: sorted(name for name, tool in TO_COME.items() if tool.privilege is privilege) for privilege in Privilege}
    rows = [f"| `{privilege}` | {', '.join(f'`{name}`' for name in found)} |" for privilege, found in names.items() if found]
    return "\n".join(["| privilege class | tools |", "|---|---|", *rows])


def test_the_page_holds_every_tool_of_gitlabs_that_is_not_served():
    assert unserved_table() in PAGE


def test_the_example_on_the_page_loads_as_a_custom_flow():
    [example] = re.findall(r"^```yaml\n(version: v1\n.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)

    definition = load_flow(example, source="docs/flows.md", is_custom=True)

    assert definition.flow.entry_point == "read_failures"


def ways_of(definition: FlowDefinition) -> set[tuple[str, str, str]]:
    """Return every way on as (component, value, component or ending)."""
    plain = {(router.from_, "", router.to) for router in definition.routers if router.to}
    conditional = [(router, router.condition.routes) for router in definition.routers if router.condition]
    return plain | {
        (router.from_, value, str(router.endings[value]) if to == END else to)
        for router, routes in conditional
        for value, to in routes.items()
        if value != DEFAULT_ROUTE
    }


def drawn_ways() -> set[tuple[str, str, str]]:
    [diagram] = re.findall(r"^```mermaid\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    return {(source, value.strip(), to) for source, values, to in ARROW.findall(diagram) for value in values.split(",")}


def test_the_diagram_shows_every_way_of_fix_pipeline_and_no_other():
    assert drawn_ways() == ways_of(load_flow(FIX_PIPELINE, source="fix_pipeline", is_custom=False))


def test_the_page_names_every_key_without_effect():
    table = PAGE.partition("## Keys without effect")[2]

    assert [key for key in (*KEYS_OF_COMPONENTS, *KEYS_OF_PARAMS) if f"{key}`" not in table] == []
