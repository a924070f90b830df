"""Tools that read: what a model is told, in the session's project and in others, by numbers and by addresses."""

import pytest

from duo_flows.domain.people import AccessLevel
from tests.activities.reading import BRANCH, HIDDEN, READABLE, READING_TOOLS, SHA, agent_in
from tests.doubles.world import MAYA, World

BASE = "http://gitlab.test/meridian/payments/-"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def agent(world):
    return await agent_in(world)


# What a model is told.


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("get_project", {}, ["Project meridian/payments (number 7, private), default branch main", "@maya has Developer access"]),
        ("get_issue", {"issue_iid": 1}, ["Issue #1 (opened): The clock is late", "labels: bug", "\n\nIt shows yesterday."]),
        ("get_issue", {"issue_iid": 2}, ["Issue #2 (opened, confidential): The leak", "Only for members."]),
        ("get_work_item", {"work_item_iid": 1}, ["Issue #1 (opened): The clock is late"]),
        (
            "list_issues",
            {},
            ["Issues of meridian/payments, page 1:", "#2 The leak (opened, confidential;", "#1 The clock is late (opened, bug;"],
        ),
        ("list_work_items", {"search": "clock"}, ["#1 The clock is late"]),
        (
            "list_issue_notes",
            {"issue_iid": 1},
            [
                "2 comments on issue #1",
                "Comment 11 by @daniel-r, 2026-03-01 12:00:\nI see it too.",
                "Comment 12 by @daniel-r (internal)",
            ],
        ),
        ("get_work_item_notes", {"work_item_iid": 1}, ["2 comments on issue #1"]),
        ("get_issue_note", {"issue_iid": 1, "note_id": 12}, ["Comment 12", "Among us: sharp."]),
        ("list_issue_links", {"issue_iid": 1}, ["relates_to #2 The leak", "relates_to #1 In meridian/ledger"]),
        ("get_merge_request", {}, [f"Merge request !1 (opened): Retry payments\n{BRANCH} into main; head aaaa"]),
        ("list_all_merge_request_notes", {}, ["2 comments on merge request !1", "Why?", "Well done."]),
        (
            "list_mr_discussions",
            {},
            ["2 threads", "Thread t3, resolved, at a.py, line 3\nComment 31", "Thread t4\nComment 41 by @maya"],
        ),
        ("list_mr_discussions", {"only_resolvable": True}, ["1 threads", "Thread t3"]),
        ("list_mr_discussions", {"only_from_author": "@maya"}, ["1 threads", "Thread t4"]),
        ("gitlab_merge_request_search", {"source_branch": BRANCH}, [f"!1 Retry payments (opened; {BRANCH} into main;"]),
        ("get_commit", {"commit_sha": SHA}, [f"Commit {SHA}", "Wind the clock\n\nIt was late."]),
        ("get_commit_diff", {"commit_sha": SHA}, ["--- a.py\n+++ a.py\n@@ -1 +1 @@\n-late\n+early"]),
        ("get_commit_comments", {"commit_sha": SHA}, ["Comment by @daniel-r at a.py, line 1:\nNice."]),
        (
            "list_commits",
            {},
            [f"Commits of meridian/payments at {BRANCH}, page 1:", "cccccccccccc 2026-03-01 12:00 Maya: Wind the clock"],
        ),
        ("gitlab_blob_search", {"search": "tick"}, [f"a.py @ {BRANCH}\n    7| tick\n    8| tock"]),
        ("gitlab_commit_search", {"search": "clock"}, ["Wind the clock"]),
        ("gitlab_issue_search", {"search": "clock", "id": 7}, ["Issues with 'clock' in meridian/payments", "#1 The clock is late"]),
        ("gitlab_issue_search", {"search": "the", "confidential": True}, ["#2 The leak"]),
        ("get_repository_file", {"file_path": "README.md"}, [f"README.md @ {BRANCH} (3 lines)\none\ntwo\nthree\n"]),
        ("get_repository_file", {"file_path": "README.md", "start_line": 2, "end_line": 2}, ["(3 lines; lines 2 to 2)\ntwo\n"]),
        ("get_repository_file", {"file_path": "README.md", "offset": 1, "limit": 1}, ["(3 lines; lines 2 to 2)\ntwo\n"]),
        ("get_repository_file", {"file_path": "README.md", "ref": "HEAD", "project_id": READABLE}, ["README.md @ trunk"]),
        (
            "get_repository_files",
            {"file_paths": ["README.md", "none.md"]},
            ["one\ntwo\nthree", f"none.md @ {BRANCH}: GitLab has no"],
        ),
        ("list_repository_tree", {"page": 1, "per_page": 1}, ["README.md"]),
        ("list_pipeline_jobs", {"pipeline_id": 500}, ["Jobs of pipeline 500:\n50 test/unit: failed"]),
        ("get_pipeline_failing_jobs", {"merge_request_iid": 1}, ['"outcome": "failed"', '"name": "unit"']),
        ("get_downstream_pipelines", {"pipeline_id": 500}, ["child: failed; pipeline 501", "fine: success; pipeline 502"]),
        ("get_failing_bridge_jobs", {"pipeline_id": 500}, ["1 child: failed; pipeline 501", "2 other: failed; no pipeline to see"]),
        ("ci_linter", {"content": "build: {}"}, ['"valid": true']),
        ("get_job_logs", {"job_id": 50, "byte_offset": 8, "byte_limit": 5}, ["bytes 8 to 13.\ntests"]),
    ],
)
async def test_a_model_is_told(agent, tool, arguments, words):
    text = await agent.text(tool, **arguments)

    assert [word for word in words if word not in text] == [], text


async def test_every_reading_tool_stands_in_the_test_above():
    [table] = [mark for mark in test_a_model_is_told.pytestmark if mark.name == "parametrize"]

    shown_elsewhere = {"list_merge_request_diffs"}
    assert {tool for tool, _, _ in table.args[1]} | shown_elsewhere == set(READING_TOOLS)


async def test_a_full_page_says_how_to_read_on(agent, world):
    [found] = world.reader.commits_of[7]
    world.reader.commits_of[7] = [found] * 21

    assert (await agent.text("list_commits")).endswith("[page 1 is full; ask for page=2 to read on]")
    assert "is full" not in await agent.text("list_commits", page=2)


async def test_a_key_that_a_line_range_cuts_is_not_shown(agent, world):
    begin, end = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"
    world.forge.files[7, "key.pem", BRANCH] = f"{begin}\nMIIEowIBAAKCAQEA7bq\nsecretsecretsecret1\n{end}\nafter\n"

    text = await agent.text("get_repository_file", file_path="key.pem", start_line=3)

    assert "secretsecret" not in text
    assert text.endswith("(5 lines; lines 3 to 5)\n[redacted:private_key]\n[redacted:private_key]\nafter\n")


async def test_a_found_line_of_a_key_is_not_shown(agent, world):
    [hit] = world.reader.blobs[7]
    world.reader.blobs[7] = [hit.model_copy(update={"text": f"{'A1b2' * 16}\ntick\n"})]

    assert "    7| [a line of Base64]\n    8| tick" in await agent.text("gitlab_blob_search", search="tick")


# Where: numbers, paths, addresses.


@pytest.mark.parametrize(
    ("tool", "url", "words"),
    [
        ("get_issue", f"{BASE}/issues/1", "The clock is late"),
        ("get_issue", f"{BASE}/work_items/1#note_11", "The clock is late"),
        ("get_work_item", f"{BASE}/work_items/1", "The clock is late"),
        ("get_merge_request", f"{BASE}/merge_requests/1/diffs", "Retry payments"),
        ("get_pipeline_failing_jobs", f"{BASE}/pipelines/500", '"name": "unit"'),
        ("get_pipeline_failing_jobs", f"{BASE}/merge_requests/1", '"name": "unit"'),
        ("get_job_logs", f"{BASE}/jobs/50", "Log of job 50"),
        ("get_commit", f"{BASE}/commit/{SHA}", "Wind the clock"),
        ("get_repository_file", f"{BASE}/blob/{BRANCH}/README.md#L2", f"README.md @ {BRANCH}"),
        ("get_repository_file", "http://gitlab.test/meridian/ledger/-/blob/trunk/README.md", "the ledger"),
        ("list_issues", "http://gitlab.test/meridian/ledger", "In meridian/ledger"),
    ],
)
async def test_a_thing_is_read_by_the_address_of_its_page(agent, tool, url, words):
    assert words in await agent.text(tool, url=url)


@pytest.mark.parametrize("named", [READABLE, str(READABLE), "meridian/ledger", "meridian%2Fledger"])
async def test_another_project_is_read_by_who_may_read_it(agent, named):
    assert "In meridian/ledger" in await agent.text("get_issue", project_id=named, issue_iid=1)


@pytest.mark.parametrize("named", [7, "7", "meridian/payments", "Meridian/Payments"])
async def test_the_sessions_own_project_may_be_named(agent, named):
    assert "The clock" in await agent.text("get_issue", project_id=named, issue_iid=1)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_issue", {"project_id": HIDDEN, "issue_iid": 1}),
        ("get_issue", {"project_id": "meridian/secrets", "issue_iid": 1}),
        ("get_issue", {"url": "http://gitlab.test/meridian/secrets/-/issues/1"}),
        ("get_issue", {"project_id": 4711, "issue_iid": 1}),
        ("get_issue", {"project_id": "no/such", "issue_iid": 1}),
        ("gitlab_issue_search", {"id": HIDDEN, "search": "In"}),
        ("get_repository_file", {"project_id": HIDDEN, "file_path": "README.md"}),
        ("get_project", {"project_id": HIDDEN}),
    ],
)
async def test_a_project_that_the_requester_may_not_read_is_as_one_that_is_not_there(agent, world, tool, arguments):
    code, reason = await agent.refusal(tool, **arguments)

    assert code == "requester_lacks_access"
    assert reason.startswith("There is no project '")
    assert "or @maya lacks" in reason
    assert world.reader.asked == []


async def test_another_project_is_held_to_what_the_requester_may_there(agent, world):
    world.forge.levels[READABLE, MAYA.id] = AccessLevel.GUEST

    assert "In meridian/ledger" in await agent.text("get_issue", project_id=READABLE, issue_iid=1)
    code, _ = await agent.refusal("get_repository_file", project_id=READABLE, file_path="README.md")
    assert code == "requester_lacks_access"


@pytest.mark.parametrize(
    ("tool", "arguments", "code", "words"),
    [
        (
            "get_issue",
            {"url": "https://evil.example/a/b/-/issues/1"},
            "bad_url",
            "it takes the address of a issue below http://gitlab.test",
        ),
        ("get_issue", {"url": f"{BASE}/pipelines/1"}, "bad_url", "not one that this tool can read"),
        ("get_issue", {"url": f"{BASE}/issues/2", "issue_iid": 1}, "bad_arguments", "The url and issue_iid name different things"),
        ("get_issue", {"url": f"{BASE}/issues/1", "project_id": READABLE}, "bad_arguments", "another project"),
        ("get_job_logs", {}, "bad_arguments", "give job_id, or the url of its page"),
        ("get_issue", {}, "argument_missing", "Name the issue"),
        ("get_issue", {"project_id": READABLE}, "argument_missing", "Name the issue"),
        ("get_merge_request", {"project_id": READABLE}, "argument_missing", "Name the merge request"),
        ("get_issue", {"isue_iid": 1}, "bad_arguments", "there is no argument 'isue_iid', did you mean issue_iid?"),
        (
            "gitlab_issue_search",
            {"search": "x", "search_type": "groups"},
            "bad_arguments",
            "search_type: Input should be 'projects'",
        ),
        ("get_issue", {"issue_iid": 99}, "not_found", "meridian/payments has no issue #99, or @maya may not read it."),
    ],
)
async def test_what_cannot_be_meant_is_refused_in_words(agent, tool, arguments, code, words):
    found, reason = await agent.refusal(tool, **arguments)

    assert (found, words in reason) == (code, True), reason


@pytest.mark.parametrize("arguments", [{"url": f"{BASE}/issues/2"}, {"url": "http://gitlab.test/meridian/ledger/-/issues/1"}])
async def test_an_address_does_not_lead_out_of_what_the_flow_forces(agent, world, arguments):
    code, _ = await agent.refusal("get_issue", component="narrow", **arguments)

    assert code == "bad_arguments"
    assert world.reader.asked == []


async def test_the_sessions_own_issue_is_read_where_none_is_named(world):
    agent = await agent_in(world)
    agent.scope = agent.scope.model_copy(update={"issue_iid": 1})

    assert "The clock is late" in await agent.text("get_issue")


# What only some may read (S5).


@pytest.mark.parametrize("level", [AccessLevel.GUEST, AccessLevel.PLANNER])
@pytest.mark.parametrize(
    ("tool", "arguments", "hidden"),
    [
        ("list_issues", {}, "The leak"),
        ("list_work_items", {}, "The leak"),
        ("gitlab_issue_search", {"search": "leak"}, "The leak"),
        ("list_issue_notes", {"issue_iid": 1}, "Among us"),
        ("get_work_item_notes", {"work_item_iid": 1}, "Among us"),
        ("list_issue_links", {"issue_iid": 1}, "The leak"),
    ],
)
async def test_below_reporter_nothing_confidential_is_shown(agent, level, tool, arguments, hidden):
    assert hidden in await agent.text(tool, **arguments)

    agent.world.forge.levels[7, MAYA.id] = level

    assert hidden not in await agent.text(tool, **arguments)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_issue", {"issue_iid": 2}),
        ("get_work_item", {"work_item_iid": 2}),
        ("list_issue_notes", {"issue_iid": 2}),
        ("list_issue_links", {"issue_iid": 2}),
        ("get_issue_note", {"issue_iid": 1, "note_id": 12}),
        ("get_issue_note", {"issue_iid": 2, "note_id": 12}),
    ],
)
async def test_below_reporter_a_confidential_thing_is_as_one_that_is_not_there(agent, world, tool, arguments):
    world.forge.levels[7, MAYA.id] = AccessLevel.GUEST

    code, reason = await agent.refusal(tool, **arguments)

    assert (code, "or @maya may not read it" in reason) == ("not_found", True)


@pytest.mark.parametrize("role", [{"author": MAYA}, {"assignees": (MAYA,)}])
async def test_whose_confidential_issue_it_is_reads_it(agent, world, role):
    secret, clock = world.reader.issues_of[7]
    world.reader.issues_of[7] = [secret.model_copy(update=role), clock]
    world.forge.levels[7, MAYA.id] = AccessLevel.GUEST

    assert "Only for members." in await agent.text("get_issue", issue_iid=2)


async def test_what_gitlab_notes_of_other_items_is_left_out(agent):
    assert "secrets#1" not in await agent.text("list_issue_notes", issue_iid=1)


async def test_linked_issues_of_projects_that_the_requester_cannot_see_are_left_out(agent):
    text = await agent.text("list_issue_links", issue_iid=1)

    assert ("meridian/ledger" in text, "meridian/secrets" in text) == (True, False)


async def test_a_started_pipeline_of_a_hidden_project_is_not_told(agent):
    text = await agent.text("get_downstream_pipelines", pipeline_id=500)

    assert ("900" in text, "gitlab.test/h" in text) == (False, False)


@pytest.mark.parametrize(
    "tool", ["get_repository_file", "get_merge_request", "list_pipeline_jobs", "gitlab_blob_search", "list_commits"]
)
async def test_code_pipelines_and_merge_requests_need_a_reporter(agent, world, tool):
    world.forge.levels[7, MAYA.id] = AccessLevel.PLANNER
    needed = {
        "get_repository_file": {"file_path": "a"},
        "list_pipeline_jobs": {"pipeline_id": 500},
        "gitlab_blob_search": {"search": "xx"},
    }

    code, reason = await agent.refusal(tool, **needed.get(tool, {}))

    assert (code, f"{tool} needs Reporter" in reason, world.reader.asked) == ("requester_lacks_access", True, [])
