"""Tool calls: who may not is told so in words, and nothing is called."""

import re

import pytest
from temporalio.exceptions import ApplicationError

from activities.contracts import LookAtPipeline, Scope, ToolRun
from activities.tool_calls import ToolActivities
from duo_flows.domain.errors import TryAgain
from duo_flows.domain.flow_components import ToolUse
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.sessions import LogKind
from duo_flows.domain.tools import WAIT_FOR_PIPELINE
from tests.activities.acting import SECRET, refused, run, scope_of
from tests.doubles.world import BASE_SHA, BRANCH, LOG, TEST_FILE, TEST_TEXT, World

FLOW = """
version: v1
environment: ambient
components:
  - name: work
    type: AgentComponent
    prompt_id: p
    toolset: [get_job_logs, {get_repository_file: {ref: REF}}, {create_merge_request_note: {merge_request_iid: 1}}]
  - name: look
    type: DeterministicStepComponent
    tool_name: get_pipeline_failing_jobs
    inputs: [{from: "context:inputs.pipeline.id", as: pipeline_id}]
prompts: [{prompt_id: p, prompt_template: {system: "x", user: "{{ goal }}"}}]
routers: [{from: look, to: work}, {from: work, to: end}]
flow: {entry_point: look, inputs: []}
""".replace("REF", BASE_SHA)

LOGS = {"component": "work", "tool": "get_job_logs", "arguments": {"job_id": 50}, "call_id": "c1"}
NOTE = {"component": "work", "tool": "create_merge_request_note", "arguments": {"body": "Hello"}, "call_id": "c1"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def scope(world) -> Scope:
    return await scope_of(world, definition=FLOW)


async def call(world, scope, **fields):
    return await run(ToolActivities(world.deps).call_tool, ToolRun(scope=scope, step=1, **fields))


async def with_a_toolset_that_no_file_could_state(world, scope, tool) -> Scope:
    definition = await world.deps.definition(scope.definition_ref)
    agent, *others = definition.components
    agent = agent.model_copy(update={"toolset": (*agent.toolset, ToolUse(name=tool))})
    changed = definition.model_copy(update={"components": (agent, *others)})
    return scope.model_copy(update={"definition_ref": await world.deps.contents.put(changed.model_dump_json().encode())})


async def text_of(world, done) -> str:
    return await world.deps.text(done.text_ref)


async def log_of(world, scope):
    return [line for line in await world.log(scope.session_id) if line.kind is LogKind.TOOL]


# What works.


async def test_a_model_gets_a_text_and_no_value(world, scope):
    done = await call(world, scope, **LOGS)

    assert (done.value, done.error) == (None, "")
    assert "    3| AssertionError: 1795210566 != 1691500800" in await text_of(world, done)


async def test_a_step_gets_a_value_and_no_text(world, scope):
    done = await call(world, scope, component="look", tool="get_pipeline_failing_jobs", arguments={"pipeline_id": 500})

    assert (done.value["outcome"], done.text_ref) == ("failed", "")


async def test_a_call_stands_in_the_log_with_its_arguments(world, scope):
    await call(world, scope, **LOGS)

    [line] = await log_of(world, scope)
    shown = {"event": "on_tool_execution_success", "is_shown": False, "role": "tool"}
    assert (line.component, line.data) == ("work", {"tool": "get_job_logs", "arguments": '{"job_id": 50}', **shown})


async def test_a_call_that_is_repeated_stands_in_the_log_once(world, scope):
    await call(world, scope, **LOGS)
    await call(world, scope, **LOGS)

    assert len(await log_of(world, scope)) == 1


async def test_forced_parameters_win_over_what_the_model_says(world, scope):
    world.forge.files[7, TEST_FILE, "evil"] = "not this"

    done = await call(
        world, scope, component="work", tool="get_repository_file", arguments={"file_path": TEST_FILE, "ref": "evil"}, call_id="c1"
    )

    assert await text_of(world, done) == f"{TEST_FILE} @ {BASE_SHA} (3 lines)\n{TEST_TEXT}"


async def test_arguments_that_travelled_by_reference_are_put_back(world, scope):
    body = "x" * 10_000

    await call(world, scope, **{**NOTE, "arguments": await world.deps.travelling({"body": body})})

    assert world.notes_by_us() == [body]


async def test_a_comment_is_written_once_however_often_it_is_tried(world, scope):
    await call(world, scope, **NOTE)
    await call(world, scope, **NOTE)

    assert world.notes_by_us() == ["Hello"]


# What is refused: in words, and with nothing called.


async def refused_in_words(world, scope, code, words, **fields):
    done = await call(world, scope, **fields)

    assert (done.error_code, done.value) == (code, None)
    assert words in done.error
    assert await text_of(world, done) == done.error
    assert world.notes_by_us() == []
    [line] = await log_of(world, scope)
    assert line.text == f"{fields['tool']} did not work: {done.error}"


@pytest.mark.parametrize("tool", ["run_command", "push_change", "list_repository_tree", ""])
async def test_a_tool_that_the_agent_does_not_have_is_refused(world, scope, tool):
    words = f"work has no tool {tool!r}. Its tools are: get_job_logs, get_repository_file, create_merge_request_note."

    await refused_in_words(world, scope, "not_in_toolset", words, **{**LOGS, "tool": tool})


async def test_a_step_calls_its_own_tool_and_no_other(world, scope):
    done = await call(world, scope, component="look", tool="get_job_logs", arguments={"job_id": 50})

    assert (done.error_code, done.value) == ("not_in_toolset", None)


async def test_a_missing_privilege_is_refused(world, scope):
    narrow = scope.model_copy(update={"privileges": ("read_only_gitlab",)})

    await refused_in_words(world, narrow, "missing_privilege", "needs the privilege read_write_gitlab", **NOTE)


@pytest.mark.parametrize(
    "policy",
    [
        {"tools_deny": ("create_merge_request_note",)},
        {"tools_allow": ("get_job_logs",)},
        {"tools_allow": ()},
        {"tools_allow": ("create_merge_request_note",), "tools_deny": ("create_merge_request_note",)},
    ],
)
async def test_what_the_projects_policy_denies_is_refused(world, scope, policy):
    words = "The policy of meridian/payments does not let flows use create_merge_request_note."

    await refused_in_words(world, scope.model_copy(update=policy), "denied_by_policy", words, **NOTE)


@pytest.mark.parametrize("level", [AccessLevel.NONE, AccessLevel.GUEST, AccessLevel.REPORTER])
async def test_what_the_requester_may_not_the_agent_may_not(world, scope, level):
    world.forge.levels[7, 2] = level

    words = f"@maya has {level.name.capitalize()} access to meridian/payments; create_merge_request_note needs Developer"
    await refused_in_words(world, scope, "requester_lacks_access", words, **NOTE)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "body: Field required"),
        ({"body": ""}, "body: String should have at least 1 character"),
        (
            {"body": "x", "color": 8},
            "no argument 'color'. Its arguments are: project_id, merge_request_iid (needed), body (needed)",
        ),
        ("Hello", "takes named arguments"),
        (["Hello"], "takes named arguments"),
        (None, "takes named arguments"),
    ],
)
async def test_arguments_that_do_not_fit_are_refused(world, scope, arguments, words):
    await refused_in_words(world, scope, "bad_arguments", words, **{**NOTE, "arguments": arguments})


@pytest.mark.parametrize("tool", ["propose_change", "push_change", WAIT_FOR_PIPELINE])
async def test_no_agent_proposes_pushes_or_waits_by_itself_whatever_its_flow_says(world, scope, tool):
    scope = await with_a_toolset_that_no_file_could_state(world, scope, tool)

    await refused_in_words(world, scope, "not_for_agents", f"{tool} is not a tool for agents", **{**LOGS, "tool": tool})
    assert world.repository.pushed == []


async def test_what_gitlab_does_not_have_is_told_to_the_model(world, scope):
    fields = {**LOGS, "tool": "get_repository_file", "arguments": {"file_path": "no/such.py"}}

    await refused_in_words(world, scope, "not_found", "no/such.py", **fields)


async def test_an_outage_is_tried_again_and_not_told_to_the_model(world, scope):
    world.forge.fault = TryAgain("GitLab is down.")

    with pytest.raises(ApplicationError) as caught:
        await call(world, scope, **LOGS)

    assert (caught.value.type, caught.value.non_retryable) == ("try_again", False)
    assert await log_of(world, scope) == []


# Secrets and lengths.


async def test_no_secret_of_a_log_reaches_the_model_or_the_session_log(world, scope):
    world.forge.job_logs[50] = f"{SECRET}\n".encode() + LOG

    done = await call(world, scope, **LOGS)

    assert (SECRET in await text_of(world, done), "[redacted:gitlab_token]" in await text_of(world, done)) == (False, True)
    assert SECRET not in str(await world.log(scope.session_id))


async def test_a_secret_that_colours_cut_in_two_is_found(world, scope):
    world.forge.job_logs[50] = f"{SECRET[:10]}\x1b[0m{SECRET[10:]}\n".encode()

    assert SECRET not in await text_of(world, await call(world, scope, **LOGS))


async def test_a_secret_in_a_models_arguments_stays_out_of_the_log(world, scope):
    await call(world, scope, **{**LOGS, "arguments": {"job_id": 50, "grep": SECRET}})

    assert SECRET not in str(await world.log(scope.session_id))


async def test_a_text_that_is_too_long_is_cut_and_says_so(world, scope):
    world.forge.files[7, "long.txt", BASE_SHA] = "x" * 100_000

    done = await call(world, scope, component="work", tool="get_repository_file", arguments={"file_path": "long.txt"}, call_id="c1")

    text = await text_of(world, done)
    assert len(text) < 65_000
    assert re.search(r"characters are left out. Read on with read_tool_result\(result_id=\"[0-9a-f]{16}\", offset=\d+\)", text)


async def test_a_log_says_which_of_its_lines_it_shows(world, scope):
    world.forge.job_logs[50] = b"".join(b"line %d %s\n" % (n, b"x" * 100) for n in range(1, 2_001))

    done = await call(world, scope, **{**LOGS, "arguments": {"job_id": 50, "start_line": 11, "end_line": 2_000}})

    assert "lines 11 to 2000. Shown: 11-" in await text_of(world, done)


# Pipelines.


async def look(world, scope, sha=BASE_SHA):
    return await run(ToolActivities(world.deps).look_at_pipeline, LookAtPipeline(scope=scope, sha=sha))


async def test_a_commit_without_a_pipeline_is_told_as_such(world, scope):
    assert (await look(world, scope, "f" * 40)).pipeline_id == 0


@pytest.mark.parametrize(
    ("statuses", "decisive", "is_finished"),
    [
        (["success"], "success", True),
        (["failed", "running"], "running", False),
        (["running", "failed"], "failed", True),
        (["success", "canceled"], "canceled", True),
        (["manual"], "manual", False),
    ],
)
async def test_of_a_pipeline_that_was_run_again_the_newest_run_is_seen(world, scope, statuses, decisive, is_finished):
    [world.add_pipeline("c" * 40, status) for status in statuses]

    seen = await look(world, scope, "c" * 40)

    assert (seen.status, seen.is_finished) == (decisive, is_finished)


async def test_who_lost_access_does_not_see_pipelines_any_more(world, scope):
    world.forge.levels[7, 2] = AccessLevel.GUEST

    error = await refused(ToolActivities(world.deps).look_at_pipeline, LookAtPipeline(scope=scope, sha=BASE_SHA))

    assert "@maya has no access to the pipelines of meridian/payments any more" in str(error)


def test_the_work_branch_is_the_one_of_the_merge_request(scope):
    assert scope.branch == BRANCH
