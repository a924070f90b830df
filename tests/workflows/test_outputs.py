"""What each type of component leaves is what the checks of a flow file let others read, all of it and nothing else."""

import json

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.flow_rules.values import OUTPUTS
from duo_flows.domain.sessions import Ending
from tests.doubles.world import TEST_FILE, World, calls, running, says

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

NAMES = {
    "OneOffComponent": "fetch",
    "DeterministicStepComponent": "look",
    "AgentComponent": "think",
    "HumanInputComponent": "ask",
}
READ = [f"context:{name}.{output}" for kind, name in NAMES.items() for output in OUTPUTS[kind]]
FLOW = f"""
version: v1
environment: ambient
components:
  - {{name: fetch, type: OneOffComponent, prompt_id: p, toolset: [get_repository_file]}}
  - {{name: look, type: DeterministicStepComponent, tool_name: get_project}}
  - {{name: think, type: AgentComponent, prompt_id: p, toolset: []}}
  - {{name: ask, type: HumanInputComponent, sends_response_to: think, message_template: "Good?"}}
  - name: tell
    type: AgentComponent
    prompt_id: t
    inputs: {json.dumps([{"from": path, "as": path[8:].replace(".", "_")} for path in READ])}
prompts:
  - {{prompt_id: p, prompt_template: {{user: "{{{{ goal }}}}"}}}}
  - {{prompt_id: t, prompt_template: {{system: "You tell.", user: "{{{{ fetch_parsed_responses.path }}}}"}}}}
routers:
  - {{from: fetch, to: look}}
  - {{from: look, to: think}}
  - {{from: think, to: ask}}
  - {{from: ask, condition: {{input: "context:ask.approval", routes: {{approve: tell, default_route: abort}}}}}}
  - {{from: tell, to: end}}
flow:
  entry_point: fetch
  summary: "{{{{ {{'fetch': fetch | list, 'look': look | list, 'think': think | list, 'ask': ask | list}} | tojson }}}}"
"""


async def test_what_components_leave_is_what_can_be_read(temporal: WorkflowEnvironment):
    fetching = calls(("get_repository_file", {"file_path": TEST_FILE}))
    world = World(replies=[fetching, says("I think so."), says("Told.")])
    async with running(temporal, world, flow="outputs", definition=FLOW, goal="Look.") as flow:
        await flow.answer("apply")
        assert (await flow.ending())["ending"] == Ending.DONE
        left = json.loads((await flow.session()).summary)

    assert {kind: sorted(left[name]) for kind, name in NAMES.items()} == {kind: sorted(OUTPUTS[kind]) for kind in NAMES}
    assert world.planner.asked[-1].messages[0].content == [{"type": "text", "text": TEST_FILE}]
