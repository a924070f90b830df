"""What a model is asked, put together."""

from activities.contracts import ModelTurn
from activities.conversations import Conversation
from activities.turn_requests import request_of
from duo_flows.adapters.flow_file.loader import load_flow
from tests.activities.acting import scope_of
from tests.doubles.world import World

FLOW = """
version: v1
environment: ambient
components:
  - {name: work, type: AgentComponent, prompt_id: p, toolset: [get_issue, read_file, {edit_file: {any: thing}}]}
prompts: [{prompt_id: p, prompt_template: {system: x, user: "{{ goal }}"}}]
routers: [{from: work, to: end}]
flow: {entry_point: work}
"""


async def test_a_model_is_not_offered_the_tools_of_its_toolset_that_are_not_served_yet():
    world = World()
    definition = load_flow(FLOW, source="a test", is_custom=True)
    task = ModelTurn(scope=await scope_of(world), component="work", step=1, turn=0, cost_cap_microusd=1)

    request = request_of(world.deps, task, definition, definition.component("work"), Conversation())

    assert [tool.name for tool in request.tools] == ["get_issue", "read_tool_result"]
