"""Every privilege class refuses by privilege, by policy and by the requester's access: with a reason, and nothing done outside."""

from dataclasses import dataclass
from typing import Any

import pytest

from activities.contracts import ToolRun
from activities.tool_calls import ToolActivities
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.sessions import LogKind
from duo_flows.domain.tools import TO_COME, TOOLS, Privilege, known_spec, unserved_tool
from tests.activities.acting import run, scope_of
from tests.doubles.world import World


@dataclass(frozen=True)
class Case:
    """A tool of a class, arguments for it, and the highest access that is too low for it."""

    privilege: Privilege
    tool: str
    arguments: dict[str, Any]
    too_low: AccessLevel


CASES = (
    Case(Privilege.READ_ONLY_GITLAB, "get_repository_file", {"file_path": "README.md"}, AccessLevel.PLANNER),
    Case(Privilege.READ_WRITE_GITLAB, "create_merge_request_note", {"merge_request_iid": 1, "body": "Hello"}, AccessLevel.REPORTER),
    Case(Privilege.USE_GIT, "run_git_command", {"command": "push"}, AccessLevel.REPORTER),
    Case(Privilege.RUN_COMMANDS, "run_command", {"program": "rm", "args": "-rf /"}, AccessLevel.REPORTER),
    Case(Privilege.READ_ONLY_FILES, "read_file", {"file_path": "README.md"}, AccessLevel.PLANNER),
    Case(Privilege.READ_WRITE_FILES, "create_file_with_contents", {"file_path": "a", "contents": "b"}, AccessLevel.REPORTER),
    Case(Privilege.RUN_MCP_TOOLS, "run_mcp_tool", {"name": "x"}, AccessLevel.REPORTER),
    Case(Privilege.START_FLOWS, "start_flow", {"flow": {"name": "developer"}}, AccessLevel.REPORTER),
)
ALL = tuple(str(privilege) for privilege in Privilege)
EVERY_CLASS = pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.privilege))


def flow_with(*tools: str) -> str:
    return f"""
version: v1
environment: ambient
components:
  - {{name: work, type: AgentComponent, prompt_id: p, toolset: [{", ".join(tools)}]}}
prompts: [{{prompt_id: p, prompt_template: {{system: "x", user: "{{{{ goal }}}}"}}}}]
routers: [{{from: work, to: end}}]
flow: {{entry_point: work, inputs: []}}
"""


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def scope(world):
    """A session with every privilege whose agent has one tool of each class, as if its flow had been started anyhow."""
    opened = await scope_of(world, definition=flow_with("get_job_logs"))
    definition = await world.deps.definition(opened.definition_ref)
    [work] = definition.components
    [use] = work.toolset
    uses = tuple(use.model_copy(update={"name": case.tool}) for case in CASES)
    frozen = definition.model_copy(update={"components": (work.model_copy(update={"toolset": uses}),)})
    ref = await world.deps.contents.put(frozen.model_dump_json(by_alias=True).encode())
    return opened.model_copy(update={"definition_ref": ref, "privileges": ALL})


async def call(world, scope, tool, arguments):
    task = ToolRun(scope=scope, component="work", step=1, tool=tool, arguments=arguments, call_id="c1")
    return await run(ToolActivities(world.deps).call_tool, task)


async def assert_nothing_happened(world, scope, done, tool):
    assert (world.reader.asked, world.writer.items, world.writer.comments) == ([], {}, {})
    assert world.notes_by_us() == []
    assert world.repository.pushed == []
    assert await world.deps.text(done.text_ref) == done.error
    [line] = [line for line in await world.log(scope.session_id) if line.kind is LogKind.TOOL]
    assert line.text == f"{tool} did not work: {done.error}"


def test_every_class_has_a_tool_in_the_table():
    assert [known_spec(case.tool).privilege for case in CASES] == [case.privilege for case in CASES]
    assert {case.privilege for case in CASES} == set(Privilege)


@EVERY_CLASS
async def test_without_its_privilege_a_tool_is_refused(world, scope, case):
    writing = {Privilege.READ_ONLY_GITLAB: "read_write_gitlab", Privilege.READ_ONLY_FILES: "read_write_files"}.get(case.privilege)
    narrow = scope.model_copy(update={"privileges": tuple(name for name in ALL if name not in {case.privilege, writing})})

    done = await call(world, narrow, case.tool, case.arguments)

    assert (done.error_code, done.value) == ("missing_privilege", None)
    assert f"{case.tool} needs the privilege {case.privilege}, which this project's policy does not grant" in done.error
    await assert_nothing_happened(world, scope, done, case.tool)


@EVERY_CLASS
@pytest.mark.parametrize("is_denied", [True, False])
async def test_what_the_policy_denies_or_does_not_allow_is_refused(world, scope, case, is_denied):
    policy = {"tools_deny": (case.tool,)} if is_denied else {"tools_allow": ("another_tool",)}

    done = await call(world, scope.model_copy(update=policy), case.tool, case.arguments)

    assert (done.error_code, done.value) == ("denied_by_policy", None)
    assert f"The policy of meridian/payments does not let flows use {case.tool}" in done.error
    await assert_nothing_happened(world, scope, done, case.tool)


@EVERY_CLASS
async def test_what_the_requester_may_not_is_refused(world, scope, case):
    world.forge.levels[7, 2] = case.too_low

    done = await call(world, scope, case.tool, case.arguments)

    assert (done.error_code, done.value) == ("requester_lacks_access", None)
    assert f"@maya has {case.too_low.name.capitalize()} access to meridian/payments; {case.tool} needs" in done.error
    await assert_nothing_happened(world, scope, done, case.tool)


@pytest.mark.parametrize("tool", [case.tool for case in CASES if case.tool in TO_COME])
async def test_a_tool_that_is_not_served_says_its_class_and_what_to_use_instead(world, scope, tool):
    done = await call(world, scope, tool, {"anything": "goes"})

    assert (done.error_code, done.error) == ("not_served", unserved_tool(tool))
    assert f"{tool} (privilege class {TO_COME[tool].privilege}) is not served: " in done.error
    await assert_nothing_happened(world, scope, done, tool)


@pytest.mark.parametrize("privilege", [Privilege.READ_WRITE_GITLAB, Privilege.READ_WRITE_FILES])
async def test_a_writing_class_includes_its_reading_one(world, scope, privilege):
    tool = {Privilege.READ_WRITE_GITLAB: "get_repository_file", Privilege.READ_WRITE_FILES: "read_file"}[privilege]

    done = await call(world, scope.model_copy(update={"privileges": (privilege,)}), tool, {"file_path": "README.md"})

    assert done.error_code in {"not_found", "not_served"}


@pytest.mark.parametrize("name", TO_COME)
def test_no_name_is_both_served_and_to_come(name):
    assert name not in TOOLS
    assert unserved_tool(name).startswith(f"{name} (privilege class {TO_COME[name].privilege}) is not served: ")


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_that_is_served_is_not_told_to_be_missing(name):
    assert unserved_tool(name) == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("get_isue", "Did you mean get_issue"),
        ("list_merge_request_diff", "Did you mean list_merge_request_diffs"),
        ("xyzzy", "There is no tool named 'xyzzy'. The tools are: "),
    ],
)
def test_an_unknown_name_is_told_the_nearest_one(name, words):
    assert words in unserved_tool(name)


async def test_a_tool_that_the_agent_lacks_is_told_the_nearest_it_has(world, scope):
    done = await call(world, scope, "get_repository_files", {"file_paths": ["README.md"]})

    assert done.error_code == "not_in_toolset"
    assert done.error.endswith("Did you mean get_repository_file?")
