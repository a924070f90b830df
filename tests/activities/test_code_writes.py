"""Branches and commits that an agent writes: once, where its requester may, and as git lets it."""

import asyncio

import pytest
from temporalio.exceptions import ApplicationError

from tests.activities.acting import SECRET

pytestmark = pytest.mark.server

CREATE = {"action": "create", "file_path": "src/more.py", "content": "more\n"}


async def refused(desk, tool, code, **arguments):
    done = await desk.call(tool, **arguments)
    assert done.error_code == code
    return done.error


async def commit(desk, *actions, branch="fix/clock", message="Do more", **arguments):
    return await desk.wrote("create_commit", branch=branch, commit_message=message, actions=list(actions), **arguments)


# Branches.


async def test_a_branch_is_made_at_a_ref(desk):
    told = await desk.wrote("create_branch", branch="feat/new", ref="fix/clock")
    assert desk.head("feat/new") == desk.head("fix/clock")
    assert desk.head("feat/new") in told


async def test_a_branch_whose_answer_was_lost_begins_where_the_first_try_saw_it(desk):
    begun = desk.head("main")
    desk.gitlab.fail("POST", r"/branches$", drop_connection=True, apply_first=True)
    with pytest.raises(ApplicationError):
        await desk.call("create_branch", branch="feat/new", ref="main")
    desk.rest("/repository/files/later.txt", "POST", branch="main", content="x", commit_message="Later")

    await desk.wrote_again()

    assert desk.head("feat/new") == begun != desk.head("main")


async def test_a_branch_that_is_there_is_not_touched(quiet):
    before = quiet.head("fix/clock")
    reason = await refused(quiet, "create_branch", "branch_exists", branch="fix/clock", ref="main")
    assert "take another name" in reason
    assert quiet.head("fix/clock") == before


@pytest.mark.parametrize(
    ("branch", "code"), [("a..b", "bad_branch"), (f"x/{SECRET}", "would_write_secret"), ("release/2", "requester_lacks_access")]
)
async def test_a_branch_that_may_not_be_made_is_not_made(quiet, branch, code):
    before = quiet.branches()
    await refused(quiet, "create_branch", code, branch=branch, ref="main")
    assert quiet.branches() == before


# Commits.


async def test_a_commit_is_pushed_with_the_names_of_session_and_requester(desk):
    before = desk.head("fix/clock")
    edit = {"action": "update", "file_path": "src/app.py", "old_str": "print(1)", "new_str": "print(2)"}
    move = {"action": "move", "file_path": "docs/README.md", "previous_path": "README.md"}
    await commit(desk, CREATE, edit, move, {"action": "delete", "file_path": "src/new.py"}, message="Do more\n\nMuch more.")

    made = desk.rest(f"/repository/commits/{desk.head('fix/clock')}")
    assert made["parent_ids"] == [before]
    assert made["message"].startswith(
        f"Do more\n\nMuch more.\n\nDuo-Session: {desk.scope.session_id}\nDuo-Requester: @maya\nDuo-Call: "
    )
    paths = [data["path"] for data in desk.rest("/repository/tree", ref="fix/clock", recursive=True) if data["type"] == "blob"]
    assert paths == ["docs/README.md", "src/app.py", "src/more.py"]
    assert desk.text("src/app.py", "fix/clock") == "print(2)\n"


async def test_a_commit_whose_answer_was_lost_is_recognised(desk):
    before = desk.head("fix/clock")
    desk.gitlab.fail("POST", r"git-receive-pack$", status=502, apply_first=True)
    with pytest.raises(ApplicationError):
        await commit(desk, CREATE)
    pushed = desk.head("fix/clock")

    told = await desk.wrote_again()

    assert desk.head("fix/clock") == pushed != before
    assert pushed in told


async def test_workers_that_have_the_same_call_push_one_commit(desk):
    before = desk.head("fix/clock")
    desk.gitlab.fail("POST", r"git-receive-pack$", status=503)
    with pytest.raises(ApplicationError):
        await commit(desk, CREATE)

    told = await asyncio.gather(*(desk.wrote_again() for _ in range(3)))

    assert len(set(told)) == 1
    assert desk.rest(f"/repository/commits/{desk.head('fix/clock')}")["parent_ids"] == [before]


async def test_a_commit_that_others_have_built_on_is_recognised(desk):
    await commit(desk, CREATE)
    pushed = desk.head("fix/clock")
    desk.rest("/repository/files/later.txt", "POST", branch="fix/clock", content="x", commit_message="Later")

    assert pushed in await desk.wrote_again()
    assert desk.rest(f"/repository/commits/{desk.head('fix/clock')}")["parent_ids"] == [pushed]


async def test_a_branch_that_has_moved_is_refused_and_a_new_call_works(desk):
    desk.gitlab.fail("POST", r"git-receive-pack$", status=503)
    with pytest.raises(ApplicationError):
        await commit(desk, CREATE)
    desk.rest("/repository/files/later.txt", "POST", branch="fix/clock", content="x", commit_message="Later")
    moved = desk.head("fix/clock")

    done = await desk.again()

    assert (done.error_code, "call create_commit anew" in done.error) == ("branch_moved", True)
    assert desk.head("fix/clock") == moved
    await commit(desk, CREATE)
    assert desk.rest(f"/repository/commits/{desk.head('fix/clock')}")["parent_ids"] == [moved]


async def test_a_branch_that_is_not_there_is_made_with_its_first_commit(desk):
    desk.gitlab.fail("POST", r"git-receive-pack$", status=502, apply_first=True)
    with pytest.raises(ApplicationError):
        await commit(desk, CREATE, branch="feat/new", start_branch="fix/clock")

    await desk.wrote_again()

    made = desk.rest(f"/repository/commits/{desk.head('feat/new')}")
    assert made["parent_ids"] == [desk.head("fix/clock")]


async def test_a_commit_without_a_branch_gets_one_of_its_own_and_keeps_it(desk):
    before = desk.branches()
    await commit(desk, CREATE, branch="")
    await desk.wrote_again()

    [made] = set(desk.branches()) - set(before)
    assert made.startswith("duo-edit-")
    assert desk.rest(f"/repository/commits/{desk.head(made)}")["parent_ids"] == [desk.head("main")]


@pytest.mark.parametrize("spelling", [str, lambda path: path.replace("/", "%2F"), str.upper])
async def test_the_sessions_own_project_may_be_named(desk, spelling):
    await commit(desk, CREATE, project_id=spelling(desk.scope.project_path))
    assert desk.text("src/more.py", "fix/clock") == "more\n"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"project_id": "shop/p1"}, "other_project"),
        ({"project_id": 4711}, "other_project"),
        ({"branch": "a b"}, "bad_branch"),
        ({"branch": "release/1"}, "requester_lacks_access"),
        ({"branch": "release/new"}, "requester_lacks_access"),
        ({"branch": "main"}, "default_branch"),
        ({"commit_message": " \n"}, "empty_text"),
        ({"actions": []}, "bad_arguments"),
        ({"actions": [{**CREATE, "file_path": "../x"}]}, "bad_path"),
        ({"actions": [{**CREATE, "file_path": ".git/hooks/x"}]}, "bad_path"),
        ({"actions": [{**CREATE, "file_path": f"src/{SECRET}.py"}]}, "would_write_secret"),
        ({"actions": [{**CREATE, "file_path": "src"}]}, "bad_path"),
        ({"actions": [{**CREATE, "file_path": "src/app.py/x"}]}, "bad_path"),
        ({"actions": [{**CREATE, "content": f"t = '{SECRET}'\n"}]}, "would_write_secret"),
        ({"actions": [{**CREATE, "file_path": "src/app.py"}]}, "file_exists"),
        ({"actions": [{"action": "update", "file_path": "src/app.py", "content": "print(1)\n"}]}, "empty_change"),
        ({"actions": [{"action": "delete", "file_path": "src/app.py", "last_commit_id": "0" * 40}]}, "file_changed"),
        ({"author_email": "x@example.com"}, "bad_arguments"),
    ],
)
async def test_a_commit_that_may_not_be_is_refused_and_every_branch_stays(quiet, asked, code):
    before = quiet.rest("/repository/branches")
    await refused(quiet, "create_commit", code, **{"branch": "fix/clock", "commit_message": "x", "actions": [CREATE], **asked})
    assert quiet.rest("/repository/branches") == before


async def test_the_project_can_let_tools_commit_to_its_default_branch(desk):
    text = "allow_default_branch: true\n"
    desk.rest("/repository/files/.gitlab%2Fduo%2Fduo-flows.yml", "POST", branch="main", content=text, commit_message="Allow")
    await commit(desk, CREATE, branch="main")
    assert desk.text("src/more.py", "main") == "more\n"


async def test_who_lost_the_right_to_push_does_so_no_more_by_an_agent(desk):
    before = desk.head("fix/clock")
    desk.rest(f"/members/{desk.scope.requester_id}", "PUT", access_level=20)
    reason = await refused(
        desk, "create_commit", "requester_lacks_access", branch="fix/clock", commit_message="x", actions=[CREATE]
    )
    assert "create_commit needs Developer" in reason
    assert desk.head("fix/clock") == before


@pytest.mark.parametrize(("branch", "code"), [("release/1", "requester_lacks_access"), ("release/2", "push_refused")])
async def test_an_account_that_may_not_read_the_rules_is_bound_by_them(desk, branch, code):
    desk.rest(f"/members/{desk.gitlab.user_id('duo')}", "PUT", access_level=30)
    before = desk.rest("/repository/branches")

    await refused(desk, "create_commit", code, branch=branch, commit_message="x", actions=[CREATE])

    assert desk.rest("/repository/branches") == before


async def test_the_session_log_says_where_a_write_began_once(desk):
    base = desk.head("fix/clock")
    await commit(desk, CREATE)
    await desk.wrote_again()

    texts = [line.text for line in await desk.world.log(desk.scope.session_id)]
    assert texts.count(f"A commit to fix/clock is about to be made on {base[:8]}.") == 1
