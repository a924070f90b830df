"""Comments: what people wrote, and what the service account writes once."""

import asyncio
from datetime import timedelta

import pytest

from duo_flows.adapters.gitlab.comments import has_mark, marked_body
from duo_flows.domain.errors import NeverAgain, NotFound, Refused, TryAgain

server = pytest.mark.server


@server
async def test_a_comment_is_as_its_author_wrote_it(forge, comment, merge_request, gitlab):
    note = await forge.note(merge_request, comment(merge_request, "@duo fix"))
    assert (note.body, note.author.id, note.is_edited, note.is_system) == ("@duo fix", gitlab.user_id("maya"), False, False)
    assert note.created_at.tzinfo is not None


@server
async def test_an_edited_comment_shows_it(forge, comment, issue, gitlab):
    number = comment(issue, "@duo apply 123456789012")
    gitlab.rest("PUT", f"/projects/{issue.project_id}/issues/{issue.iid}/notes/{number}", by="dan", body="@duo apply 999999999999")
    note = await forge.note(issue, number)
    assert note.is_edited
    assert note.author.username == "maya"


@server
async def test_a_comment_that_was_deleted_is_not_found(forge, comment, issue, gitlab):
    number = comment(issue, "never mind")
    gitlab.rest("DELETE", f"/projects/{issue.project_id}/issues/{issue.iid}/notes/{number}", by="maya")
    with pytest.raises(NotFound, match=f"comment {number} on issue #{issue.iid}"):
        await forge.note(issue, number)


@server
async def test_comments_come_in_the_order_in_which_they_were_written(forge, comment, issue):
    numbers = [comment(issue, f"number {count}") for count in range(120)]
    notes = await forge.notes(issue)
    assert [note.id for note in notes if not note.is_system] == numbers


@server
async def test_comments_before_a_time_are_left_out(forge, comment, issue):
    numbers = [comment(issue, text) for text in ("one", "two", "three")]
    second = await forge.note(issue, numbers[1])
    assert [note.id for note in await forge.notes(issue, since=second.created_at)] == numbers[1:]
    assert await forge.notes(issue, since=second.created_at + timedelta(hours=1)) == ()


@server
async def test_a_comment_is_posted_once(forge, issue):
    first = await forge.post_note(issue, "Here is the plan.", marker="s-1/plan")
    again = await forge.post_note(issue, "Here is another plan.", marker="s-1/plan")
    other = await forge.post_note(issue, "Here is the plan.", marker="s-1/plan2")

    assert again == first
    assert other.id != first.id
    assert [note.body for note in await forge.notes(issue)] == [first.body, other.body]
    assert first.body == "<!-- duo-flows:s-1/plan -->\n\nHere is the plan."


@server
async def test_a_comment_whose_answer_was_lost_is_not_posted_again(forge, issue, gitlab):
    await forge.account()
    gitlab.fail("POST", r"/notes$", drop_connection=True, apply_first=True)
    with pytest.raises(TryAgain):
        await forge.post_note(issue, "Once.", marker="once")

    found = await forge.post_note(issue, "Once.", marker="once")

    assert [note.id for note in await forge.notes(issue)] == [found.id]


@server
async def test_writers_that_do_not_see_each_other_leave_one_comment(forge, issue):
    posted = await asyncio.gather(*(forge.post_note(issue, "Together.", marker="race") for _ in range(6)))
    (left,) = await forge.notes(issue)
    assert left.id in {note.id for note in posted}


@server
async def test_a_mark_that_somebody_else_wrote_does_not_count(forge, comment, issue):
    comment(issue, "<!-- duo-flows:plan -->\n\nI was here first.", by="gus")
    note = await forge.post_note(issue, "The real one.", marker="plan")
    assert note.author.username == "duo"
    assert len(await forge.notes(issue)) == 2


@server
async def test_a_mark_inside_a_text_of_ours_does_not_count(forge, issue):
    first = await forge.post_note(issue, "<!-- duo-flows:two -->\nquoted", marker="one")
    second = await forge.post_note(issue, "Really two.", marker="two")
    assert second.id != first.id


@server
async def test_an_answer_goes_into_the_thread_of_its_question(forge, comment, issue, gitlab):
    question = await forge.note(issue, comment(issue, "@duo diff"))
    answer = await forge.post_note(issue, "Here.", marker="a", reply_to=question)
    comment(issue, "meanwhile")

    threads = gitlab.rest("GET", f"/projects/{issue.project_id}/issues/{issue.iid}/discussions", by="maya")
    assert [note["id"] for note in threads[0]["notes"]] == [question.id, answer.id]
    assert answer.discussion_id == threads[0]["id"]
    assert (await forge.post_note(issue, "Here.", marker="a", reply_to=question)).id == answer.id


@server
async def test_an_answer_to_a_comment_that_is_gone_stands_alone(forge, comment, issue, gitlab):
    question = await forge.note(issue, comment(issue, "@duo diff"))
    gitlab.rest("DELETE", f"/projects/{issue.project_id}/issues/{issue.iid}/notes/{question.id}", by="maya")
    answer = await forge.post_note(issue, "Here.", marker="a", reply_to=question)
    assert [note.id for note in await forge.notes(issue)] == [answer.id]


@server
async def test_quick_actions_in_a_text_do_nothing(forge, issue, gitlab):
    await forge.post_note(issue, "Look:\n/close\n/label ~bug\n  /title Owned", marker="actions")
    found = gitlab.rest("GET", f"/projects/{issue.project_id}/issues/{issue.iid}", by="maya")
    assert (found["state"], found["labels"], found["title"]) == ("opened", [], "Another")


@server
async def test_a_place_where_the_account_may_not_write_refuses(forge, issue, gitlab):
    gitlab.fail("POST", r"/notes$", status=403)
    with pytest.raises(Refused, match="does not let the service account") as refused:
        await forge.post_note(issue, "No.", marker="no")
    assert refused.value.code == "forbidden"
    assert await forge.notes(issue) == ()


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("/close", "\\/close"),
        ("a\n/close\n", "a\n\\/close\n"),
        ("a\r/close", "a\r\\/close"),
        ("  /label ~x", "  \\/label ~x"),
        ("\u2028/close", "\u2028\\/close"),
        ("\n\n/CLOSE \n/tmp", "\n\n\\/CLOSE \n\\/tmp"),
    ],
)
def test_a_slash_that_begins_a_command_is_escaped(text, harmless):
    assert marked_body(text, marker="m") == f"<!-- duo-flows:m -->\n\n{harmless}"


@pytest.mark.parametrize("text", ["a /close", "/usr/bin/env python\n/builds/x.py:3", "and/or", "// comment\n/* x */", "/", "1/2"])
def test_other_slashes_stay(text):
    assert marked_body(text, marker="m").endswith(f"\n\n{text}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Harmless.\n\n<!-- \n\nIt deletes all.", "Harmless.\n\n&lt;!-- \n\nIt deletes all."),
        ("2 files (a<!--.py, evil.sh, b-->.py).", "2 files (a&lt;!--.py, evil.sh, b-->.py)."),
        ("Fix <Details><summary>x</summary>", "Fix &lt;Details>&lt;summary>x&lt;/summary>"),
        ("  <em>\n```\n\n<!--", "  &lt;em>\n```\n\n<!--"),
        ("```` x\n```` y\n````\n<!--", "```` x\n```` y\n````\n&lt;!--"),
        (" ```\n```\n<!--", " ```\n```\n&lt;!--"),
        ("- x\n  ```\n<!--", "- x\n  ```\n&lt;!--"),
        (">>>\n```\n>>>\n<!--", ">>>\n```\n>>>\n&lt;!--"),
        ("~~~\n```\n<!--\n~~~\n<!--", "~~~\n```\n<!--\n~~~\n&lt;!--"),
    ],
)
def test_nothing_in_a_text_hides_what_follows(text, shown):
    assert marked_body(text, marker="m").endswith(f"\n\n{shown}")


@pytest.mark.parametrize("text", ["```diff\n <!-- a -->\n+<details>\n```\nDone.", 'File "x.py", line 3, in <module>', "1 < 2"])
def test_code_and_other_tags_stay(text):
    assert marked_body(text, marker="m").endswith(f"\n\n{text}")


@pytest.mark.parametrize("marker", ["", "a b", "a--b", "-->", "a\nb", "x" * 201])
def test_a_mark_cannot_end_its_hidden_comment(marker):
    with pytest.raises(NeverAgain):
        marked_body("text", marker=marker)


def test_one_mark_does_not_count_for_another():
    body = marked_body("text", marker="plan/1")
    assert has_mark(body, marker="plan/1")
    assert not has_mark(body, marker="plan")
    assert not has_mark(body, marker="plan/11")
