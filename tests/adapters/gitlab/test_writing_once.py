"""What is written into GitLab shows once, whatever gets lost on the way; and commands nothing."""

import asyncio

import pytest

from duo_flows.domain.branches import BranchRule, PushRight
from duo_flows.domain.errors import NeverAgain, Refused, TryAgain
from duo_flows.domain.forge_writer import DiffPlace, ItemChanges, ItemSeen, NewComment
from tests.adapters.gitlab.writing import StandIn, a_merge_request, an_issue

pytestmark = pytest.mark.server


@pytest.fixture
def at(gitlab, project_id):
    made = StandIn(gitlab, project_id)
    yield made
    made.forge.close()
    gitlab.heal()


def lose_the_answer(gitlab, method, path_regex):
    gitlab.fail(method, path_regex, drop_connection=True, apply_first=True)


async def test_a_branch_whose_answer_was_lost_is_recognised(at, gitlab):
    lose_the_answer(gitlab, "POST", r"/branches$")
    with pytest.raises(TryAgain):
        await at.writer.create_branch(at.project_id, "lost/branch", sha=at.head())

    assert (await at.writer.create_branch(at.project_id, "lost/branch", sha=at.head())).sha == at.head()


async def test_a_branch_that_git_does_not_take_is_refused_in_gitlabs_words(at):
    with pytest.raises(NeverAgain, match="invalid"):
        await at.writer.create_branch(at.project_id, "a..b", sha=at.head())


async def test_an_issue_whose_answer_was_lost_is_not_made_again(at, gitlab):
    before = at.issue_count()
    lose_the_answer(gitlab, "POST", r"/issues$")
    with pytest.raises(TryAgain):
        await an_issue(at, "call-lost-1")

    found = await an_issue(at, "call-lost-1")

    assert found.description.startswith("<!-- duo-flows:call-lost-1 -->")
    assert at.issue_count() == before + 1


async def test_issues_that_are_made_at_once_leave_one_open(at):
    before = at.issue_count()
    made = await asyncio.gather(*(an_issue(at, "call-race-issue") for _ in range(4)))

    assert at.issue_count() == before + 1
    assert (await an_issue(at, "call-race-issue")).target == min(made, key=lambda item: item.target.iid).target


async def test_merge_requests_that_are_made_at_once_are_one(at):
    await at.writer.create_branch(at.project_id, "work/race", sha=at.head())
    made = await asyncio.gather(*(a_merge_request(at, "call-race-request", branch="work/race") for _ in range(4)))
    assert len({item.target for item in made}) == 1


async def test_a_merge_request_whose_answer_was_lost_is_not_made_again(at, gitlab):
    await at.writer.create_branch(at.project_id, "work/lost", sha=at.head())
    lose_the_answer(gitlab, "POST", r"/merge_requests$")
    with pytest.raises(TryAgain):
        await a_merge_request(at, "call-lost-2", branch="work/lost")

    found = await a_merge_request(at, "call-lost-2", branch="work/lost")

    listed = gitlab.rest("GET", f"/projects/{at.project_id}/merge_requests", by="maya", source_branch="work/lost", state="all")
    assert [data["iid"] for data in listed] == [found.target.iid]


async def test_a_thread_whose_answer_was_lost_is_not_begun_again(at, gitlab):
    item = await a_merge_request(at, "call-lost-3")
    remark = NewComment(target=item.target, body="x", mark="c", place=DiffPlace(old_path="a", new_path="a", new_line=1))
    lose_the_answer(gitlab, "POST", r"/discussions$")
    with pytest.raises(TryAgain):
        await at.writer.write_comment(remark)

    await at.writer.write_comment(remark)

    assert at.comments(item.target) == ["x"]


async def test_a_link_whose_answer_was_lost_is_recognised(at, gitlab):
    one, other = await an_issue(at, "call-link-1"), await an_issue(at, "call-link-2")
    lose_the_answer(gitlab, "POST", r"/links$")
    with pytest.raises(TryAgain):
        await at.writer.link_issues(at.project_id, one.target.iid, to=other.target.iid, kind="blocks")

    assert await at.writer.link_issues(at.project_id, one.target.iid, to=other.target.iid, kind="blocks") == "blocks"
    assert len(gitlab.rest("GET", f"/projects/{at.project_id}/issues/{one.target.iid}/links", by="maya")) == 1


async def test_a_mark_that_somebody_else_wrote_makes_no_issue_ours(at, gitlab):
    gitlab.rest("POST", f"/projects/{at.project_id}/issues", by="gus", title="x", description="<!-- duo-flows:call-forged -->\n\nx")
    assert (await an_issue(at, "call-forged")).author_id == gitlab.user_id("duo")


async def test_a_description_commands_nothing_and_keeps_its_mark_when_it_is_written_anew(at):
    item = await an_issue(at, "call-commands", description="Look:\n/close\n<!-- hidden")
    copied = f"{item.description}\n/confidential"
    after = await at.writer.update_item(item, ItemChanges(description=copied), seen=ItemSeen.of(item))

    assert (item.state, item.description) == ("opened", "<!-- duo-flows:call-commands -->\n\nLook:\n\\/close\n&lt;!-- hidden")
    assert after.description.startswith("<!-- duo-flows:call-commands -->\n\nLook:")
    assert (after.description.count("duo-flows:"), after.description.endswith("\n\\/confidential")) == (1, True)


async def test_labels_that_somebody_changes_meanwhile_stay_changed(at, gitlab):
    item = await an_issue(at, "call-labels", labels=("bug", "late"))
    path = f"/projects/{at.project_id}/issues/{item.target.iid}"
    gitlab.rest("PUT", path, by="maya", add_labels="urgent", remove_labels="bug")

    after = await at.writer.update_item(item, ItemChanges(add_labels=("new",), remove_labels=("late",)), seen=ItemSeen.of(item))

    assert set(after.labels) == {"urgent", "new"}


async def test_an_update_that_changes_nothing_is_not_sent(at, gitlab):
    item = await an_issue(at, "call-same", labels=("bug",), assignee_ids=(gitlab.user_id("maya"),))
    same = ItemChanges(title=item.title, labels=("bug",), assignee_ids=item.assignee_ids, state_event="reopen", confidential=False)
    gitlab.fail("PUT", r"/issues/", status=500)

    assert await at.writer.update_item(item, same, seen=ItemSeen.of(item)) == item
    assert gitlab.fault_hits() == 0


async def test_nobody_is_left_when_nobody_is_to_be(at, gitlab):
    item = await an_issue(at, "call-nobody", assignee_ids=(gitlab.user_id("maya"),))
    after = await at.writer.update_item(item, ItemChanges(assignee_ids=()), seen=ItemSeen.of(item))
    assert (item.assignee_ids, after.assignee_ids) == ((gitlab.user_id("maya"),), ())


async def test_a_maintainer_reads_who_may_push_where(at, gitlab):
    path = f"/projects/{at.project_id}/protected_branches"
    gitlab.rest("POST", path, by="dan", name="release/*", push_access_level=40)
    assert BranchRule(name="release/*", push=(PushRight(level=40),)) in (await at.writer.branch_rules(at.project_id) or ())


async def test_rules_that_the_account_may_not_read_are_unknown(at, gitlab):
    assert await at.writer.branch_rules(gitlab.project_id("shop/open")) is None


async def test_an_outage_is_not_taken_for_no_rules(at, gitlab):
    gitlab.fail("GET", r"/protected_branches$", status=500)
    with pytest.raises(TryAgain):
        await at.writer.branch_rules(at.project_id)


async def test_the_last_commit_of_a_file_is_known(at, gitlab):
    last = gitlab.rest("GET", f"/projects/{at.project_id}/repository/commits", by="maya", path="src/new.py", ref_name="fix/clock")
    assert await at.writer.last_commit(at.project_id, "src/new.py", ref="fix/clock") == last[0]["id"]
    assert await at.writer.last_commit(at.project_id, "no/such.py", ref="fix/clock") == ""


async def test_where_the_account_may_not_write_nothing_is_written(at, gitlab):
    before = at.issue_count()
    gitlab.fail("POST", r"/issues$", status=403)
    with pytest.raises(Refused, match="does not let the service account"):
        await an_issue(at, "call-forbidden")
    assert at.issue_count() == before
