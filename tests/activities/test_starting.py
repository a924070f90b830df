"""Who may start a flow, on what, and which definition and rights hold for it. Whoever may not leaves no session behind."""

import pytest

from activities.sessions import SessionActivities
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.pipelines import MergeRequest, Pipeline
from duo_flows.domain.policy import POLICY_PATH
from duo_flows.domain.sessions import SessionFilter
from signals.messages import StartFlow
from signals.signatures import sign
from tests.activities.acting import opened, refused, run, start_of
from tests.doubles.world import BRANCH, SIGNING_KEY, World

CUSTOM = """
version: v1
environment: ambient
components: [{name: greet, type: AgentComponent, prompt_id: greeting}]
prompts: [{prompt_id: greeting, prompt_template: {system: "Greet.", user: "{{ goal }}"}}]
routers: [{from: greet, to: end}]
flow: {entry_point: greet, inputs: []}
"""


@pytest.fixture
def world() -> World:
    return World()


async def refused_and_nothing_registered(world, task):
    error = await refused(SessionActivities(world.deps).open_session, task)
    assert await world.store.sessions.sessions(SessionFilter()) == ()
    return error


async def test_a_start_by_hand_opens_a_session_for_the_person_named(world):
    session = await opened(world)

    kept = await world.store.sessions.session(session.session_id)
    assert (kept.requester, kept.project_path, kept.trigger, kept.workflow_id) == (
        "maya",
        "meridian/payments",
        "temporal",
        "by-hand",
    )
    assert (session.branch, session.merge_request_iid, session.pipeline_id) == (BRANCH, 1, 500)
    assert session.context["inputs"]["pipeline"]["id"] == 500


async def test_what_only_a_door_may_say_is_not_believed_of_a_start_by_hand(world):
    session = await opened(world, session_id="s1", run=5, trigger="gitlab")

    kept = await world.store.sessions.session(session.session_id)
    assert (session.session_id == "s1", session.run, kept.trigger) == (False, 1, "temporal")


async def test_a_signed_start_opens_the_session_that_the_door_named(world):
    world.allow_unsigned = False
    task = start_of().model_copy(update={"workflow_id": "session/s1/1"})
    start = sign(task.start.model_copy(update={"session_id": "s1", "flow": task.flow, "trigger": "gitlab"}), SIGNING_KEY)

    session = await run(SessionActivities(world.deps).open_session, task.model_copy(update={"start": start}))

    assert session.session_id == "s1"
    assert (await world.store.sessions.session("s1")).trigger == "gitlab"


async def test_a_start_by_hand_is_refused_where_only_doors_may_start(world):
    world.allow_unsigned = False

    error = await refused_and_nothing_registered(world, start_of())

    assert (error.type, "DUOFLOWS_ALLOW_UNSIGNED" in str(error)) == ("unsigned", True)


@pytest.mark.parametrize("allow_unsigned", [True, False])
async def test_a_start_with_another_keys_signature_is_refused_even_where_none_is_needed(world, allow_unsigned):
    world.allow_unsigned = allow_unsigned
    forged = sign(StartFlow(project=7, requester="maya", pipeline_id=500), b"another key")

    error = await refused_and_nothing_registered(world, start_of().model_copy(update={"start": forged}))

    assert (error.type, str(error)) == ("forged", "forged: The start carries a signature that is not ours.")


async def test_a_signed_start_that_was_changed_on_its_way_is_refused(world):
    signed = sign(StartFlow(project=7, requester="maya", pipeline_id=500), SIGNING_KEY)
    changed = signed.model_copy(update={"requester": "daniel-r"})

    error = await refused_and_nothing_registered(world, start_of().model_copy(update={"start": changed}))

    assert error.type == "forged"


@pytest.mark.parametrize("level", [level for level in AccessLevel if level < AccessLevel.DEVELOPER])
async def test_who_cannot_change_code_there_cannot_start_a_flow_there(world, level):
    world.forge.levels[7, 2] = level

    error = await refused_and_nothing_registered(world, start_of())

    assert error.type == "requester_lacks_access"
    assert "@maya needs Developer access to meridian/payments" in str(error)


@pytest.mark.parametrize("changed", [{"is_bot": True}, {"is_active": False}])
async def test_bots_and_blocked_accounts_start_nothing(world, changed):
    world.forge.people[2] = world.forge.people[2].model_copy(update=changed)

    error = await refused_and_nothing_registered(world, start_of())

    assert error.type == "not_a_person"


async def test_a_merge_request_from_a_fork_is_refused_since_its_branch_is_not_ours(world):
    fork = world.forge.merge_requests_by_iid[7, 1].model_copy(update={"source_project_id": 8})
    world.forge.merge_requests_by_iid[7, 1] = fork

    error = await refused_and_nothing_registered(world, start_of(pipeline_id=None, merge_request_iid=1))

    assert (error.type, "start the flow in the fork's own project" in str(error)) == ("fork", True)


async def test_a_fork_s_merge_request_from_a_branch_of_the_same_name_is_not_ours(world):
    fork = world.forge.merge_requests_by_iid[7, 1].model_copy(update={"source_project_id": 8})
    world.forge.merge_requests_by_iid[7, 1] = fork

    session = await opened(world)

    assert (session.merge_request_iid, session.branch) == (None, "feat/payment-retry")


async def test_a_pipeline_of_a_merge_request_works_on_the_merge_requests_branch(world):
    detached = Pipeline(id=600, project_id=7, ref="refs/merge-requests/1/head", sha="a" * 40, status="failed")
    world.forge.pipelines_by_id[600] = detached

    session = await opened(world, pipeline_id=600)

    assert (session.branch, session.merge_request_iid) == (BRANCH, 1)


async def test_a_link_in_the_goal_says_where_to_start(world):
    session = await opened(world, pipeline_id=None, goal="Look at http://gitlab.test/meridian/payments/-/pipelines/500 please")

    assert (session.pipeline_id, session.branch) == (500, BRANCH)


async def test_a_link_to_another_project_says_nothing(world):
    world.forge.merge_requests_by_iid[8, 1] = MergeRequest(
        project_id=8, iid=1, title="x", source_branch="x", target_branch="main", source_project_id=8, sha="c" * 40
    )

    task = start_of(pipeline_id=None, goal="http://gitlab.test/meridian/other/-/merge_requests/1")
    error = await refused_and_nothing_registered(world, task)

    assert error.type == "invalid_inputs"
    assert "inputs.pipeline.id is missing: an integer, The failed pipeline." in error.message


@pytest.mark.parametrize("name", ["person", "project"])
async def test_who_or_what_gitlab_does_not_have_starts_nothing(world, name):
    unknown = {"person": {"requester": "nobody"}, "project": {"project": "no/where"}}[name]

    error = await refused_and_nothing_registered(world, start_of(**unknown))

    assert error.type == "not_found"


# Which definition.


async def test_a_flow_that_is_nowhere_is_refused_with_where_it_was_looked_for(world):
    error = await refused_and_nothing_registered(world, start_of(flow="my_flow"))

    assert error.type == "no_such_flow"
    assert "meridian/payments has no .gitlab/duo/flows/my_flow.yaml on main" in str(error)


async def test_a_flow_of_the_project_is_read_from_its_default_branch(world):
    world.forge.files[7, ".gitlab/duo/flows/my_flow.yaml", "main"] = CUSTOM

    session = await opened(world, flow="my_flow")

    assert session.definition.flow.entry_point == "greet"


@pytest.mark.parametrize("ref", [BRANCH, "a" * 40])
async def test_a_flow_that_stands_on_the_work_branch_only_does_not_count(world, ref):
    world.forge.files[7, ".gitlab/duo/flows/my_flow.yaml", ref] = CUSTOM

    error = await refused_and_nothing_registered(world, start_of(flow="my_flow"))

    assert error.type == "no_such_flow"


async def test_a_project_cannot_replace_a_built_in_flow(world):
    world.forge.files[7, ".gitlab/duo/flows/fix_pipeline.yaml", "main"] = CUSTOM

    session = await opened(world)

    assert session.definition.flow.entry_point == "find_failures"


async def test_a_definition_sent_along_is_run_instead(world):
    assert (await opened(world, definition=CUSTOM)).definition.flow.entry_point == "greet"


async def test_a_definition_that_cannot_run_is_refused_with_what_is_wrong(world):
    error = await refused_and_nothing_registered(
        world, start_of(definition=CUSTOM.replace("prompt_id: greeting, prompt_t", "x: y, prompt_t"))
    )

    assert "prompt_id" in str(error)


async def test_the_definition_travels_without_its_prompts(world):
    session = await opened(world, definition=CUSTOM)

    assert (session.definition.prompts, session.definition.response_schemas) == ((), ())
    assert (await world.deps.definition(session.definition_ref)).prompt("greeting").prompt_template.system == "Greet."


async def test_a_frozen_definition_runs_although_the_flow_is_gone_from_the_project(world):
    world.forge.files[7, ".gitlab/duo/flows/my_flow.yaml", "main"] = CUSTOM
    first = await opened(world, flow="my_flow")
    world.forge.files.pop((7, ".gitlab/duo/flows/my_flow.yaml", "main"))

    again = await opened(world, flow="my_flow")

    assert again == first


# Which rights.


async def test_without_a_policy_the_operators_privileges_hold(world):
    session = await opened(world)

    assert session.privileges == ("read_only_gitlab", "read_write_gitlab", "use_git")
    assert (session.tools_allow, session.tools_deny) == (None, ())


async def test_a_policy_on_the_default_branch_narrows_what_flows_may_do(world):
    world.forge.files[7, POLICY_PATH, "main"] = (
        "privileges: [read_only_gitlab]\ntools: {allow: [get_job_logs], deny: [push_change]}\n"
    )

    session = await opened(world)

    assert (session.privileges, session.tools_allow, session.tools_deny) == (
        ("read_only_gitlab",),
        ("get_job_logs",),
        ("push_change",),
    )


async def test_a_policy_on_the_work_branch_does_not_count(world):
    world.forge.files[7, POLICY_PATH, BRANCH] = "privileges: [run_commands]\n"

    assert "run_commands" not in (await opened(world)).privileges


@pytest.mark.parametrize("text", ["privileges: [", "privilege: [use_git]", "tools: {permit: [x]}", "- a list"])
async def test_a_policy_that_cannot_be_read_stops_the_start_and_says_so(world, text):
    world.forge.files[7, POLICY_PATH, "main"] = text

    error = await refused_and_nothing_registered(world, start_of())

    assert (error.type, f"{POLICY_PATH} does not hold a policy" in str(error)) == ("invalid_policy", True)


# What comes along.


async def test_additional_context_is_read_from_its_envelope(world):
    session = await opened(world, additional_context=[{"Category": "ticket", "Content": '{"id": 5}'}])

    assert session.context["inputs"]["ticket"] == {"id": 5}


async def test_context_sent_along_cannot_take_the_place_of_what_gitlab_says(world):
    session = await opened(world, additional_context=[{"Category": "pipeline", "Content": '{"id": 1}'}])

    assert session.context["inputs"]["pipeline"]["id"] == 500


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "invalid_start"),
        ("[" * 100_000, "invalid_start"),
        ('"\\ud800"', "not_storable"),
        ("NaN", "not_storable"),
        ('{"a": [{"$ref": "0", "$size": 1, "$fields": {}}]}', "forged_reference"),
    ],
)
async def test_context_that_cannot_be_believed_or_kept_is_refused(world, content, code):
    error = await refused_and_nothing_registered(world, start_of(additional_context=[{"Category": "x", "Content": content}]))

    assert (error.type, "The additional context 'x'" in str(error)) == (code, True)


async def test_long_context_travels_by_reference(world):
    session = await opened(world, goal="x" * 10_000)

    assert session.context["goal"]["$size"] == 10_002
    assert await world.deps.loaded(session.context["goal"]) == "x" * 10_000
