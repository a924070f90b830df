"""Issues, merge requests and comments that an agent writes: once, harmless, and no more than its requester may."""

import pytest
from temporalio.exceptions import ApplicationError

from tests.activities.acting import SECRET

pytestmark = pytest.mark.server

REQUEST = {"source_branch": "fix/clock", "target_branch": "release/1", "title": "Fix it", "description": "Because."}
VICIOUS = f"@all see @dan\n/close\n<!-- hidden\n{SECRET}"


def everything(desk):
    """Return all that tools on items could change in the project."""
    kinds = ("issues", "merge_requests")
    return [(item, desk.comments(kind, item["iid"])) for kind in kinds for item in desk.rest(f"/{kind}", per_page=100, state="all")]


def issue(desk, iid=1):
    return desk.rest(f"/issues/{iid}")


def request(desk, iid=1):
    return desk.rest(f"/merge_requests/{iid}")


def lose_the_answer(desk, path_regex):
    desk.gitlab.fail("POST", path_regex, drop_connection=True, apply_first=True)


async def lost(desk, tool, **arguments):
    with pytest.raises(ApplicationError) as caught:
        await desk.call(tool, **arguments)
    assert caught.value.type == "try_again"


# Once.


async def test_a_merge_request_says_by_which_session_and_for_whom_it_was_opened(desk):
    await desk.wrote("create_merge_request", **REQUEST, labels="bug, late", draft=True)

    made = request(desk, 2)
    assert (made["title"], made["author"]["username"], made["labels"]) == ("Draft: Fix it", "duo", ["bug", "late"])
    assert made["description"].startswith(f"<!-- duo-flows:call-{desk.scope.session_id}-")
    assert made["description"].endswith(f"/api/v1/sessions/{desk.scope.session_id}) for `@maya`.")


@pytest.mark.parametrize(
    ("tool", "arguments", "path"),
    [
        ("create_merge_request", REQUEST, r"/merge_requests$"),
        ("create_issue", {"title": "Another"}, r"/issues$"),
        ("create_issue_note", {"issue_iid": 1, "body": "Hello"}, r"/notes$"),
        ("create_merge_request_note", {"merge_request_iid": 1, "body": "Hello"}, r"/notes$"),
        (
            "create_merge_request_diff_note",
            {"merge_request_iid": 1, "body": "Hello", "old_path": "src/new.py", "new_path": "src/new.py", "new_line": 1},
            r"/discussions$",
        ),
    ],
)
async def test_what_was_written_when_the_answer_got_lost_is_there_once(desk, tool, arguments, path):
    before = len(everything(desk)), sum(len(comments) for _, comments in everything(desk))
    lose_the_answer(desk, path)
    await lost(desk, tool, **arguments)

    told = await desk.wrote_again()

    after = len(everything(desk)), sum(len(comments) for _, comments in everything(desk))
    assert sum(after) == sum(before) + 1
    assert await desk.wrote_again() == told


async def test_the_same_words_in_another_call_are_another_comment(desk):
    await desk.wrote("create_issue_note", issue_iid=1, body="Hello")
    await desk.wrote("create_issue_note", issue_iid=1, body="Hello")
    assert len(desk.comments("issues", 1)) == 2


async def test_a_text_that_somebody_changed_before_the_second_try_stays(desk):
    desk.gitlab.fail("PUT", r"/issues/1$", status=500)
    await lost(desk, "update_issue", issue_iid=1, description="Ours")
    desk.rest("/issues/1", "PUT", description="Theirs")

    done = await desk.again()

    assert (done.error_code, issue(desk)["description"]) == ("changed_meanwhile", "Theirs")


async def test_an_update_whose_answer_was_lost_is_made_once(desk):
    desk.gitlab.fail("PUT", r"/merge_requests/1$", status=500, apply_first=True)
    await lost(desk, "update_merge_request", merge_request_iid=1, title="Anew", description="Better.", state_event="close")

    await desk.wrote_again()

    assert (request(desk)["title"], request(desk)["state"]) == ("Anew", "closed")
    notes = [note["body"] for note in desk.rest("/merge_requests/1/notes") if note["system"]]
    assert notes.count("closed") == 1


# What is changed.


async def test_labels_people_and_draft_of_a_merge_request_are_changed(desk):
    dan = desk.gitlab.user_id("dan")
    await desk.wrote(
        "update_merge_request", merge_request_iid=1, draft=True, add_labels="bug", assignee_ids=[dan], target_branch="release/1"
    )
    await desk.wrote("add_merge_request_reviewers", merge_request_iid=1, reviewer_usernames=["@dan"])
    await desk.wrote("add_merge_request_reviewers", merge_request_iid=1, reviewer_usernames=["maya"])

    now = request(desk)
    assert (now["title"], now["labels"], now["target_branch"]) == ("Draft: Fix the clock", ["bug"], "release/1")
    assert [person["username"] for person in now["reviewers"]] == ["maya", "dan"]
    assert [person["username"] for person in now["assignees"]] == ["dan"]


async def test_an_issue_is_changed_and_related_to_another(desk):
    await desk.wrote("create_issue", title="Another", confidential=True, due_date="2030-01-31", issue_type="task")
    await desk.wrote("update_issue", issue_iid=1, title="The clock", labels="bug", confidential=True, state_event="close")
    await desk.wrote("create_issue_link", issue_iid=1, target_issue_iid=2, link_type="blocks")

    now = issue(desk)
    assert (now["title"], now["labels"], now["confidential"], now["state"]) == ("The clock", ["bug"], True, "closed")
    assert [linked["iid"] for linked in desk.rest("/issues/1/links")] == [2]


async def test_a_work_item_is_an_issue_of_its_kind(desk):
    await desk.wrote("create_work_item", title="Wind it", type_name="Task", description="Daily.", assignee_ids=["@dan"])
    await desk.wrote("update_work_item", work_item_iid=2, title="Wind it up", state="closed")
    await desk.wrote("create_work_item_note", work_item_iid=2, body="Wound.")

    now = issue(desk, 2)
    assert (now["title"], now["issue_type"], now["state"]) == ("Wind it up", "task", "closed")
    assert [person["username"] for person in now["assignees"]] == ["dan"]
    assert len(desk.comments("issues", 2)) == 1


async def test_a_thread_is_begun_at_a_line_answered_and_resolved(desk):
    line = {"old_path": "src/new.py", "new_path": "src/new.py", "new_line": 1}
    suggestion = "```suggestion:-0+0\n@cache\n```"
    await desk.wrote("create_merge_request_diff_note", merge_request_iid=1, body=suggestion, **line)
    [thread] = [data for data in desk.rest("/merge_requests/1/discussions") if not data["individual_note"]]
    await desk.wrote("reply_to_discussion", merge_request_iid=1, discussion_id=thread["id"], body="Done.")
    await desk.wrote("set_discussion_resolved", merge_request_iid=1, discussion_id=thread["id"])
    await desk.wrote_again()

    remark, answer = desk.rest(f"/merge_requests/1/discussions/{thread['id']}")["notes"]
    assert (remark["position"]["new_line"], remark["resolved"]) == (1, True)
    assert (remark["body"].endswith(suggestion), answer["body"].endswith("Done.")) == (True, True)


async def test_an_answer_goes_into_the_thread_of_a_comment_and_may_be_internal(desk):
    asked = desk.rest("/issues/1/notes", "POST", body="Why?")
    await desk.wrote("create_issue_note", issue_iid=1, body="So.", note_id=asked["id"])
    await desk.wrote("create_issue_note", issue_iid=1, body="Between us.", internal=True)

    threads = desk.rest("/issues/1/discussions")
    assert [len(thread["notes"]) for thread in threads] == [2, 1]
    assert threads[1]["notes"][0]["internal"]


# Harmless.


@pytest.mark.parametrize(
    ("tool", "arguments", "written"),
    [
        ("create_issue_note", {"issue_iid": 1, "body": VICIOUS}, lambda desk: desk.comments("issues", 1)[0]["body"]),
        (
            "create_merge_request_note",
            {"merge_request_iid": 1, "body": VICIOUS},
            lambda desk: desk.comments("merge_requests", 1)[0]["body"],
        ),
        ("create_issue", {"title": "For @dan", "description": VICIOUS}, lambda desk: issue(desk, 2)["description"]),
        ("update_issue", {"issue_iid": 1, "description": VICIOUS}, lambda desk: issue(desk)["description"]),
        ("create_merge_request", {**REQUEST, "description": VICIOUS}, lambda desk: request(desk, 2)["description"]),
    ],
)
async def test_a_models_text_calls_nobody_commands_nothing_and_tells_no_secret(desk, tool, arguments, written):
    before = desk.todos("dan")

    await desk.wrote(tool, **arguments)

    text = written(desk)
    assert "\\@all see \\@dan\n\\/close\n&lt;!-- hidden\n[redacted:gitlab_token]" in text
    assert desk.todos("dan") == before
    assert issue(desk)["state"] == request(desk)["state"] == "opened"


# Refused, and nothing changed.


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("create_issue", {"title": "x", "project_id": "shop/p0"}, "other_project"),
        ("create_issue_note", {"issue_iid": 1, "body": "x", "project_id": 4711}, "other_project"),
        ("update_merge_request", {"merge_request_iid": 1, "title": "x", "project_id": "shop"}, "other_project"),
        ("create_issue", {"title": "@"}, "empty_text"),
        ("create_issue", {"title": "x" * 256}, "text_too_long"),
        ("create_issue", {"title": "x", "labels": "y" * 256}, "bad_label"),
        ("create_issue", {"title": "x", "labels": f"bug,{SECRET}"}, "would_write_secret"),
        ("create_issue", {"title": "x", "assignee_ids": [5]}, "not_a_member"),
        ("create_issue", {"title": "x", "confidential": True, "assignee_ids": [4]}, "not_a_member"),
        ("create_issue", {"title": "x", "assignee_ids": list(range(11))}, "bad_arguments"),
        ("create_issue", {"title": "x", "due_date": "tomorrow"}, "bad_arguments"),
        ("create_issue", {"title": "x", "weight": 3}, "bad_arguments"),
        ("update_issue", {"issue_iid": 4711, "title": "x"}, "not_found"),
        ("create_issue_note", {"issue_iid": 1, "body": " "}, "empty_text"),
        ("create_issue_note", {"issue_iid": 1, "body": "x", "note_id": 4711}, "not_found"),
        ("create_issue_link", {"issue_iid": 1, "target_issue_iid": 1}, "bad_arguments"),
        ("create_issue_link", {"issue_iid": 1, "target_issue_iid": 4711}, "not_found"),
        ("create_merge_request", {**REQUEST, "target_branch": "main"}, "merge_request_exists"),
        ("create_merge_request", {**REQUEST, "reviewer_ids": [4]}, "not_a_member"),
        ("create_merge_request", {**REQUEST, "source_branch": "no/such"}, "gitlab_refused"),
        ("update_merge_request", {"merge_request_iid": 1, "state_event": "merge"}, "bad_arguments"),
        ("add_merge_request_reviewers", {"merge_request_iid": 1, "reviewer_usernames": ["nobody"]}, "not_found"),
        ("add_merge_request_reviewers", {"merge_request_iid": 1, "reviewer_usernames": ["mallory"]}, "not_a_member"),
        (
            "create_merge_request_diff_note",
            {"merge_request_iid": 1, "body": "x", "old_path": "a", "new_path": "a"},
            "argument_missing",
        ),
        ("reply_to_discussion", {"merge_request_iid": 1, "discussion_id": "0" * 40, "body": "x"}, "not_found"),
        ("set_discussion_resolved", {"merge_request_iid": 1, "discussion_id": "../1"}, "not_found"),
    ],
)
async def test_what_may_not_be_written_is_refused_and_nothing_is_written(quiet, tool, arguments, code):
    before = everything(quiet)

    done = await quiet.call(tool, **arguments)

    assert done.error_code == code
    assert everything(quiet) == before


async def test_an_agent_does_not_publish_what_is_confidential(desk):
    desk.rest("/issues", "POST", title="The vault is open", confidential=True)
    done = await desk.call("update_issue", issue_iid=2, confidential=False)

    assert (done.error_code, "a person can" in done.error) == ("stays_confidential", True)
    assert issue(desk, 2)["confidential"]


async def test_a_guest_is_not_let_into_a_confidential_issue_by_assigning(desk):
    desk.rest("/issues", "POST", title="The vault is open", confidential=True)
    done = await desk.call("update_issue", issue_iid=2, assignee_ids=[desk.gitlab.user_id("gus")])

    assert done.error_code == "not_a_member"
    assert issue(desk, 2)["assignees"] == []


@pytest.mark.parametrize(
    ("level", "tool", "arguments"),
    [
        (20, "create_merge_request_note", {"merge_request_iid": 1, "body": "x"}),
        (20, "update_merge_request", {"merge_request_iid": 1, "add_labels": "bug"}),
        (15, "update_issue", {"issue_iid": 1, "add_labels": "bug"}),
        (10, "create_issue_note", {"issue_iid": 1, "body": "x"}),
    ],
)
async def test_who_lost_access_writes_no_more_by_an_agent(desk, level, tool, arguments):
    desk.rest(f"/members/{desk.scope.requester_id}", "PUT", access_level=level)
    before = everything(desk)

    done = await desk.call(tool, **arguments)

    assert (done.error_code, everything(desk)) == ("requester_lacks_access", before)


async def test_a_reporter_still_writes_issues(desk):
    desk.rest(f"/members/{desk.scope.requester_id}", "PUT", access_level=20)
    await desk.wrote("update_issue", issue_iid=1, add_labels="bug")
    assert issue(desk)["labels"] == ["bug"]
