"""What is written into GitLab: once, as asked, at the stand-in as on the double."""

from itertools import count

import pytest

from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.forge_writer import DiffPlace, ItemChanges, ItemSeen, NewComment
from duo_flows.domain.pipelines import NoteTarget, TargetKind
from tests.adapters.gitlab.writing import Double, StandIn, a_merge_request, an_issue

NUMBERS = count(1)


@pytest.fixture(params=["double", pytest.param("stand-in", marks=pytest.mark.server)])
def at(request):
    if request.param == "double":
        yield Double()
        return
    made = StandIn(request.getfixturevalue("gitlab"), request.getfixturevalue("project_id"))
    yield made
    made.forge.close()
    made.gitlab.heal()


@pytest.fixture
def mark():
    return f"call-s-{next(NUMBERS)}"


async def changed(at, item, **changes):
    return await at.writer.update_item(item, ItemChanges.model_validate(changes), seen=ItemSeen.of(item))


def missing(at, kind):
    return NoteTarget(project_id=at.project_id, kind=kind, iid=4_711)


# Branches.


async def test_a_branch_begins_at_its_commit_and_is_made_once(at, mark):
    first = await at.writer.create_branch(at.project_id, f"begin/{mark}", sha=at.head())
    again = await at.writer.create_branch(at.project_id, f"begin/{mark}", sha=at.head())

    assert (first.name, first.sha) == (f"begin/{mark}", at.head())
    assert again == first


async def test_a_branch_that_stands_elsewhere_is_left_there(at):
    with pytest.raises(Refused, match="is there already") as refused:
        await at.writer.create_branch(at.project_id, "main", sha="b" * 40)

    assert refused.value.code == "branch_exists"
    assert at.head() != "b" * 40


# Issues.


async def test_an_issue_is_made_once_for_a_mark(at, mark):
    before = at.issue_count()
    first = await an_issue(at, mark, labels=("bug",), due_date="2030-01-31")
    again = await an_issue(at, mark, title="Another title")

    assert (first.title, first.state, first.labels, first.due_date) == ("The clock", "opened", ("bug",), "2030-01-31")
    assert (again.target, again.title) == (first.target, "The clock")
    assert at.issue_count() == before + 1


async def test_another_mark_is_another_issue(at, mark):
    assert (await an_issue(at, mark)).target != (await an_issue(at, f"{mark}-b")).target


async def test_a_confidential_issue_is_made_confidential(at, mark):
    assert (await an_issue(at, mark, is_confidential=True)).is_confidential


async def test_an_issue_is_changed_where_it_is_to_be_otherwise(at, mark):
    item = await an_issue(at, mark, labels=("bug", "late"))
    after = await changed(at, item, title="Clock", add_labels=("new",), remove_labels=("late",), state_event="close")

    assert (after.title, after.state, set(after.labels)) == ("Clock", "closed", {"bug", "new"})
    assert await at.writer.item(item.target) == after


async def test_a_change_that_is_made_already_is_made_once(at, mark):
    item = await an_issue(at, mark)
    once = await changed(at, item, title="Clock", labels=("bug",))
    assert await at.writer.update_item(once, ItemChanges(title="Clock", labels=("bug",)), seen=ItemSeen.of(item)) == once


async def test_what_somebody_wrote_since_is_not_overwritten(at, mark):
    item = await an_issue(at, mark)
    theirs = await changed(at, item, title="Somebody's title")

    with pytest.raises(Refused, match="has changed the title since") as refused:
        await at.writer.update_item(theirs, ItemChanges(title="Ours"), seen=ItemSeen.of(item))

    assert refused.value.code == "changed_meanwhile"
    assert (await at.writer.item(item.target)).title == "Somebody's title"


async def test_an_issue_that_is_not_there_is_not_found(at):
    with pytest.raises(NotFound):
        await at.writer.item(missing(at, TargetKind.ISSUE))


async def test_two_issues_are_related_once(at, mark):
    one, other = await an_issue(at, mark), await an_issue(at, f"{mark}-b")
    numbers = one.target.iid, other.target.iid

    assert await at.writer.link_issues(at.project_id, numbers[0], to=numbers[1], kind="blocks") == "blocks"
    assert await at.writer.link_issues(at.project_id, numbers[0], to=numbers[1], kind="relates_to") == "blocks"


async def test_an_issue_is_not_related_to_one_that_is_not_there(at, mark):
    one = await an_issue(at, mark)
    with pytest.raises(NotFound):
        await at.writer.link_issues(at.project_id, one.target.iid, to=4_711, kind="relates_to")


# Merge requests.


async def test_a_merge_request_is_opened_once_for_a_mark(at, mark):
    first = await a_merge_request(at, mark, labels=("bug",))
    again = await a_merge_request(at, mark)

    assert (first.source_branch, first.target_branch, first.labels) == (f"work/{mark}", "main", ("bug",))
    assert again == first


async def test_no_second_merge_request_joins_the_same_branches(at, mark):
    await a_merge_request(at, mark)
    with pytest.raises(Refused, match="joins") as refused:
        await a_merge_request(at, f"{mark}-b", branch=f"work/{mark}")
    assert refused.value.code == "merge_request_exists"


async def test_a_merge_request_that_was_closed_is_still_known(at, mark):
    first = await a_merge_request(at, mark)
    await changed(at, first, state_event="close")
    assert (await a_merge_request(at, mark)).target == first.target


# Comments.


async def test_a_comment_is_written_once_for_a_mark(at, mark):
    item = await an_issue(at, mark)
    first = await at.writer.write_comment(NewComment(target=item.target, body="Hello.", mark=mark))
    again = await at.writer.write_comment(NewComment(target=item.target, body="Other words.", mark=mark))

    assert again.id == first.id
    assert at.comments(item.target) == ["Hello."]


async def test_an_internal_comment_is_internal(at, mark):
    item = await an_issue(at, mark)
    assert (await at.writer.write_comment(NewComment(target=item.target, body="x", mark=mark, is_internal=True))).is_internal


async def test_an_answer_stands_in_the_thread_of_its_comment(at, mark):
    item = await an_issue(at, mark)
    asked = await at.writer.write_comment(NewComment(target=item.target, body="Why?", mark=mark))
    told = NewComment(target=item.target, body="So.", mark=f"{mark}-b", reply_to_note=asked.id)
    answer = await at.writer.write_comment(told)

    assert answer.discussion_id == asked.discussion_id != ""
    assert (await at.writer.write_comment(told)).discussion_id == asked.discussion_id


@pytest.mark.parametrize("place", [{"reply_to_note": 4_711}, {"discussion_id": "0" * 40}])
async def test_an_answer_to_what_is_not_there_is_not_written(at, mark, place):
    item = await an_issue(at, mark)
    with pytest.raises(NotFound):
        await at.writer.write_comment(NewComment(target=item.target, body="x", mark=mark, **place))
    assert at.comments(item.target) == []


async def test_a_thread_at_a_line_is_begun_once_answered_and_resolved(at, mark):
    item = await a_merge_request(at, mark)
    place = DiffPlace(old_path="src/app.py", new_path="src/app.py", new_line=1)
    remark = NewComment(target=item.target, body="Mind this.", mark=mark, place=place)
    begun = await at.writer.write_comment(remark)
    again = await at.writer.write_comment(remark)
    answer = NewComment(target=item.target, body="Done.", mark=f"{mark}-b", discussion_id=begun.discussion_id)
    await at.writer.write_comment(answer)
    await at.writer.set_thread_resolved(item.target, begun.discussion_id, is_resolved=True)

    assert (again.id, again.discussion_id) == (begun.id, begun.discussion_id)
    assert at.comments(item.target) == ["Mind this.", "Done."]


async def test_a_thread_that_is_not_there_is_not_resolved(at, mark):
    item = await a_merge_request(at, mark)
    with pytest.raises(NotFound):
        await at.writer.set_thread_resolved(item.target, "0" * 40, is_resolved=True)
