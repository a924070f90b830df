"""Results on their way to a model: no secret in any part of them, cut where they are long, and within reach as a whole."""

import re

import pytest

from activities.contracts import ToolRun
from activities.tool_calls import ToolActivities
from activities.turn_requests import _tool_schemas
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.tool_results import RESULT_MAX
from tests.activities.acting import SECRET, run
from tests.activities.reading import BRANCH, READABLE, Agent, agent_in, issue
from tests.doubles.world import MAYA, World

LONG = "".join(f"line {number} {'x' * 90}\n" for number in range(1, 2_001))
RESULT_ID = re.compile(r'read_tool_result\(result_id="([0-9a-f]{16})"')


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def agent(world):
    return await agent_in(world)


async def cut_result(agent: Agent, text: str = LONG) -> str:
    """Return the id of a result that was cut."""
    agent.world.forge.files[7, "long.txt", BRANCH] = text
    return RESULT_ID.findall(await agent.text("get_repository_file", file_path="long.txt"))[0]


# Reading on.


async def test_a_cut_result_is_read_on_by_its_id(agent):
    result_id = await cut_result(agent)

    text = await agent.text("read_tool_result", result_id=result_id, start_line=1_900, end_line=1_901)

    # The result's first line names the file.
    assert text.split("\n")[1:] == [f"line {number} {'x' * 90}" for number in (1_899, 1_900)]


async def test_a_cut_result_is_searched_as_a_whole(agent):
    assert "line 1999 x" in await agent.text("read_tool_result", result_id=await cut_result(agent), grep="line 1999 ")


async def test_a_result_that_was_not_cut_has_no_id(agent):
    await agent.text("get_repository_file", file_path="README.md")

    code, reason = await agent.refusal("read_tool_result", result_id="0" * 16)

    assert (code, reason.endswith("the latest last: none yet.")) == ("unknown_result", True)


async def test_an_id_that_the_session_has_not_given_is_refused_with_those_that_it_has(agent):
    result_id = await cut_result(agent)

    code, reason = await agent.refusal("read_tool_result", result_id="f" * 16)

    assert (code, result_id in reason) == ("unknown_result", True)


@pytest.mark.parametrize("field", ["ref", "id"])
async def test_a_result_of_another_session_is_refused_by_id_and_by_reference(agent, field):
    result_id = await cut_result(agent)
    [line] = await agent.log()
    stranger = await agent_in(agent.world, workflow_id="another")
    assert line.data["result"]["id"] == result_id

    code, reason = await stranger.refusal("read_tool_result", result_id=line.data["result"][field][:64])

    assert (code, "none yet" in reason) == ("unknown_result", True)


async def test_a_stored_text_that_is_no_result_of_a_tool_is_refused(agent, world):
    ref = await world.deps.put_text("a prompt")

    code, _ = await agent.refusal("read_tool_result", result_id=ref)

    assert code == "unknown_result"


async def test_what_a_model_writes_into_its_arguments_makes_no_result(agent, world):
    ref = await world.deps.put_text("a prompt")
    forged = {"result": {"id": "f" * 16, "ref": ref, "project_id": 7, "level": 10}}
    await agent.done("get_repository_file", file_path="README.md", **forged)

    code, _ = await agent.refusal("read_tool_result", result_id="f" * 16)

    assert code == "unknown_result"


@pytest.mark.parametrize("level", [AccessLevel.NONE, AccessLevel.GUEST, AccessLevel.PLANNER])
async def test_who_could_not_get_a_result_any_more_cannot_read_on_in_it(agent, world, level):
    result_id = await cut_result(agent)
    world.forge.levels[7, MAYA.id] = level

    code, reason = await agent.refusal("read_tool_result", result_id=result_id)

    assert (code, "@maya has" in reason) == ("requester_lacks_access", True)


async def test_a_confidential_result_stays_so_for_who_became_a_guest(agent, world):
    world.reader.issues_of[7] = [issue(2, "The leak", description=LONG, is_confidential=True)]
    [result_id] = RESULT_ID.findall(await agent.text("get_issue", issue_iid=2))
    world.forge.levels[7, MAYA.id] = AccessLevel.GUEST

    assert (await agent.refusal("read_tool_result", result_id=result_id))[0] == "requester_lacks_access"


async def test_a_result_of_another_project_is_held_to_the_access_there(agent, world):
    world.forge.files[READABLE, "long.txt", "trunk"] = LONG
    [result_id] = RESULT_ID.findall(await agent.text("get_repository_file", file_path="long.txt", project_id=READABLE))

    assert "line 5 x" in await agent.text("read_tool_result", result_id=result_id)
    world.forge.levels[READABLE, MAYA.id] = AccessLevel.NONE
    assert (await agent.refusal("read_tool_result", result_id=result_id))[0] == "requester_lacks_access"


async def test_it_needs_no_place_in_a_toolset_and_no_privilege_but_can_be_denied(agent):
    result_id = await cut_result(agent)
    agent.scope = agent.scope.model_copy(update={"privileges": (), "tools_allow": ("get_issue",)})
    assert "line 1 x" in await agent.text("read_tool_result", result_id=result_id)

    agent.scope = agent.scope.model_copy(update={"privileges": ("read_only_gitlab",), "tools_deny": ("read_tool_result",)})

    assert (await agent.refusal("read_tool_result", result_id=result_id))[0] == "denied_by_policy"


async def test_a_call_that_is_tried_again_with_another_result_proves_both(agent, world):
    task = {"scope": agent.scope, "component": "work", "step": 1, "tool": "get_repository_file", "call_id": "c9"}
    ids = []
    for text in (LONG, LONG, f"other\n{LONG}"):
        world.forge.files[7, "long.txt", BRANCH] = text
        done = await run(ToolActivities(world.deps).call_tool, ToolRun(arguments={"file_path": "long.txt"}, **task))
        ids += RESULT_ID.findall(await world.deps.text(done.text_ref))

    assert ids[0] == ids[1] != ids[2]
    assert [line.data["result"]["id"] for line in await agent.log()] == [ids[0], ids[2]]


async def test_an_agent_with_tools_is_offered_to_read_on_and_one_without_is_not(agent, world):
    definition = await world.deps.definition(agent.scope.definition_ref)
    narrow = definition.component("narrow")
    bare = narrow.model_copy(update={"toolset": ()})

    assert [tool.name for tool in _tool_schemas(narrow, definition)] == ["get_issue", "read_tool_result"]
    assert _tool_schemas(bare, definition) == ()


# Secrets.


async def shown_and_kept(agent: Agent, text: str) -> str:
    """Return all that a model can reach of a file with this text."""
    agent.world.forge.files[7, "long.txt", BRANCH] = text
    shown = await agent.text("get_repository_file", file_path="long.txt")
    ids = RESULT_ID.findall(shown)
    rest = [await agent.text("read_tool_result", result_id=ids[0], offset=RESULT_MAX - 2_000)] if ids else []
    return "".join([shown, *rest])


@pytest.mark.parametrize("before", [RESULT_MAX - 600, RESULT_MAX - 520, RESULT_MAX - 500, RESULT_MAX - 10, RESULT_MAX])
async def test_no_cut_goes_through_a_secret(agent, before):
    seen = await shown_and_kept(agent, f"{'y' * before} {SECRET} {'z' * 2_000}")

    assert (SECRET[:12] in seen, SECRET[-8:] in seen, "[redacted:gitlab_token]" in seen) == (False, False, True)


@pytest.mark.parametrize(
    "hidden",
    [
        f"{SECRET[:9]}\x1b[0m{SECRET[9:]}",
        f"{SECRET[:9]}\u200b{SECRET[9:]}",
        f"{SECRET[:14]}\n{SECRET[14:]}",
    ],
)
async def test_a_secret_of_a_file_that_colours_or_lines_cut_in_two_is_found(agent, hidden):
    seen = await shown_and_kept(agent, f"a {hidden}\nb\n")

    assert (SECRET[:9] in seen, SECRET[14:] in seen, seen.count("\n")) == (False, False, 3 + hidden.count("\n"))


async def test_a_configuration_that_includes_another_project_is_not_sent_to_gitlab(agent, world):
    code, reason = await agent.refusal("ci_linter", content="include: {project: hidden/x, file: a.yml}")

    assert (code, world.reader.asked) == ("foreign_include", [])
    assert "resolves no `include` from outside the project (project, file)" in reason


async def test_a_configuration_that_is_no_yaml_is_not_valid_and_not_sent_to_gitlab(agent, world):
    text = await agent.text("ci_linter", content="a: [")

    assert ('"valid": false' in text, "not YAML at line" in text, world.reader.asked) == (True, True, [])


async def test_a_secret_that_json_would_hide_is_found(agent, world):
    world.reader.lints["x: y"] = {"valid": False, "errors": [f"line {SECRET[:9]}\x1b[1m{SECRET[9:]}\n"], "warnings": []}

    text = await agent.text("ci_linter", content="x: y")

    assert (SECRET[:9] in text, "[redacted:gitlab_token]" in text) == (False, True)


async def test_a_secret_in_an_argument_that_json_would_hide_stays_out_of_the_log(agent):
    await agent.done("ci_linter", content=f"a\n{SECRET[:9]}\x1b[1m{SECRET[9:]}", ref=SECRET)

    assert [SECRET[:9] in str(line) or SECRET[9:] in str(line) for line in await agent.log()] == [False]
