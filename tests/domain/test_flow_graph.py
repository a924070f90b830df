"""A flow's picture: its components, its ways and its endings, whatever its names are."""

from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.flow_graph import mermaid_of

STEP = {"type": "DeterministicStepComponent", "tool_name": "list_repository_tree"}


def flow(**changed):
    base = {
        "version": "v1",
        "environment": "ambient",
        "components": [{"name": "a", **STEP}, {"name": "b", "type": "AgentComponent", "prompt_id": "p"}],
        "routers": [{"from": "a", "to": "b"}, {"from": "b", "to": "end"}],
        "flow": {"entry_point": "a"},
    }
    return FlowDefinition.model_validate({**base, **changed})


def test_components_ways_and_the_end_are_drawn():
    assert mermaid_of(flow()) == (
        'flowchart TD\n    c0[["a"]]\n    c1["b"]\n    start((start)) --> c0\n    c0 --> c1\n    c1 --> end_([end])\n'
    )


def test_values_with_the_same_way_share_an_arrow_and_endings_are_named():
    routes = {"x": "end", "y": "end", "z": "abort"}
    condition = {"input": "context:a.tool_responses.outcome", "routes": routes}
    routers = [{"from": "a", "condition": condition, "endings": {"x": "nothing_to_do", "y": "nothing_to_do"}}]

    drawn = mermaid_of(flow(routers=routers))

    assert 'c0 -->|"x, y"| end_nothing_to_do([nothing_to_do])' in drawn
    assert 'c0 -->|"z"| abort_([abort])' in drawn


def test_a_supervisor_is_tied_to_its_agents():
    agents = [{"name": name, "type": "AgentComponent", "prompt_id": "p", "description": "d"} for name in ("a", "b")]

    assert "c0 -. delegates .-> c1" in mermaid_of(flow(components=[{**agents[0], "subagents": [{"name": "b"}]}, agents[1]]))


def test_names_cannot_draw():
    name = 'a"] --> x["<b>\n%%'
    drawn = mermaid_of(flow(components=[{"name": name, **STEP}], routers=[], flow={"entry_point": name}))

    assert drawn.splitlines()[1] == '    c0[["a#quot;] --#gt; x[#quot;#lt;b#gt; %%"]]'
