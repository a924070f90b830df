"""Refusals on the real stack, in pairs: the reason is told, and nothing has changed. One open question serves most of them."""

import json
import secrets
import time

import httpx2
import pytest

from duo_flows.web.hook_secrets import signature_of
from tests.acceptance.people import People
from tests.acceptance.scenario import PROJECT
from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def open_question(whole_stack):
    """A merge request with an open question that every test here leaves open."""
    whole_stack.mend()
    people = People(whole_stack)
    trouble = people.trouble()
    session_id, question = people.asked(trouble)
    eventually("the question as a comment", lambda: people.notes(trouble))
    return trouble, session_id, question


@pytest.fixture(scope="module", autouse=True)
def stale_note(whole_stack, open_question):
    """A comment about a change that nobody proposed. It is answered once its question cannot be on its way any more."""
    trouble, _, _ = open_question
    return People(whole_stack).comment(trouble, f"@duo apply {'0' * 12}")


@pytest.fixture
def unchanged(people, open_question):
    """The open question, and the proof after the test that nothing came of it."""
    trouble, session_id, question = open_question
    yield open_question
    session = people.session(session_id)
    assert (session["status"], session["waiting"]) == ("input_required", question)
    assert people.new_commits(trouble) == []
    assert not [line for line in people.log(session_id) if line["kind"] == "answer"]


# --- hooks --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def deliver(stack):
    """Send a hook as GitLab does; returns the answer."""

    def send(body, *, secret, delivery_id, at=None):
        raw, timestamp = json.dumps(body).encode(), str(int(at or time.time()))
        headers = {
            "content-type": "application/json",
            "x-gitlab-event": "Note Hook",
            "idempotency-key": delivery_id,
            "webhook-id": delivery_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature_of(secret, delivery_id=delivery_id, timestamp=timestamp, body=raw),
        }
        return httpx2.post(stack.layout.hook_url, content=raw, headers=headers, timeout=30)

    return send


def secret_of(stack, project):
    return (stack.layout.hook_secrets_dir / str(stack.gitlab.project_id(project))).read_text().strip()


def hook_of(trouble, note):
    return {
        "object_kind": "note",
        "event_type": "note",
        "project_id": trouble.project_id,
        "project": {"id": trouble.project_id},
        "object_attributes": {"id": note["id"], "noteable_type": "MergeRequest", "action": "create", "note": note["body"]},
        "merge_request": {"iid": trouble.iid},
    }


def lost_comment(people, stack, trouble, body, *, by="maya"):
    """Write a comment whose own hook gets lost."""
    url = f"{stack.gitlab.url}/-/simulator/hooks"
    httpx2.post(url, json={"paused": True}).raise_for_status()
    note = people.comment(trouble, body, by=by)
    httpx2.post(url, json={"paused": False}).raise_for_status()
    return note


@pytest.mark.parametrize(
    ("secret_of_project", "age", "code"),
    [("", 0, "forged_hook"), ("meridian/ledger", 0, "forged_hook"), ("meridian/payments", 600, "stale_hook")],
    ids=["a made-up secret", "another project's secret", "ten minutes old"],
)
def test_a_hook_that_is_not_proven_is_refused_and_its_command_not_obeyed(  # noqa: PLR0917 - three fixtures and a case
    people, stack, deliver, secret_of_project, age, code
):
    trouble = people.trouble()
    note = lost_comment(people, stack, trouble, "@duo fix")
    secret = secret_of(stack, secret_of_project) if secret_of_project else "whsec_" + "A" * 43 + "="

    refused = deliver(hook_of(trouble, note), secret=secret, delivery_id=secrets.token_hex(8), at=time.time() - age)

    assert (refused.status_code, refused.json()["code"]) == (401, code)
    assert secret not in refused.text
    # A command that comes later is obeyed later: by now the refused one would have been.
    people.reply_to(trouble, people.comment(trouble, "@duo help"))
    assert people.sessions_of(trouble.project, merge_request_iid=trouble.iid) == []


def test_a_delivery_that_comes_again_is_answered_and_acts_once(people, stack, unchanged, deliver):
    trouble, _, _ = unchanged
    note = lost_comment(people, stack, trouble, "@duo help", by="daniel-r")
    secret, delivery_id = secret_of(stack, trouble.project), secrets.token_hex(8)

    first = deliver(hook_of(trouble, note), secret=secret, delivery_id=delivery_id)
    people.reply_to(trouble, note)
    again = deliver(hook_of(trouble, note), secret=secret, delivery_id=delivery_id)
    under_another_key = deliver(hook_of(trouble, note), secret=secret, delivery_id=secrets.token_hex(8))

    assert [answer.json()["status"] for answer in (first, again, under_another_key)] == ["accepted", "duplicate", "accepted"]
    # A command that comes later is obeyed later: by now the repeated one would have been.
    people.reply_to(trouble, people.comment(trouble, "@duo help", by="daniel-r"))
    assert people.marks(trouble).count(f"reply-{note['id']}") == 1


def test_a_hook_that_gitlab_sends_again_acts_once(people, stack, unchanged):
    trouble, _, _ = unchanged
    note = people.comment(trouble, "@duo help", by="daniel-r")
    people.reply_to(trouble, note)

    (hook,) = stack.gitlab.rest("GET", f"/projects/{trouble.project_id}/hooks", by="root")
    events = f"/projects/{trouble.project_id}/hooks/{hook['id']}/events"
    sent = stack.gitlab.rest("GET", events, by="root", per_page=100)
    event = next(one for one in sent if one["request_data"].get("object_attributes", {}).get("id") == note["id"])
    stack.gitlab.rest("POST", f"{events}/{event['id']}/resend", by="root")

    people.reply_to(trouble, people.comment(trouble, "@duo help", by="daniel-r"))
    assert people.marks(trouble).count(f"reply-{note['id']}") == 1


# --- answers ------------------------------------------------------------------------------------------------------------------


def test_another_persons_answer_over_the_api_is_refused(people, unchanged):
    _, session_id, question = unchanged

    refused = people.answer(session_id, "apply", question["digest"], by="daniel-r")

    assert (refused.status_code, refused.json()["code"]) == (403, "not_the_requester")
    assert refused.json()["detail"] == "Only @maya, who started this session, can answer its question."
    assert "not_the_requester" in people.refusals(session_id)


def test_another_persons_answer_in_a_comment_is_refused_and_told_so(people, unchanged):
    trouble, session_id, question = unchanged

    note = people.comment(trouble, f"@duo apply {question['digest_prefix']}", by="daniel-r")

    assert "Only @maya, who started this session, can answer its question." in people.reply_to(trouble, note)
    assert "not_the_requester" in people.refusals(session_id)


def test_a_stale_digest_is_refused_over_the_api(people, unchanged):
    _, session_id, _ = unchanged

    refused = people.answer(session_id, "apply", "0" * 12)

    assert (refused.status_code, refused.json()["code"]) == (409, "stale_digest")


def test_an_edited_comment_is_refused(people, stack, unchanged):
    trouble, session_id, question = unchanged
    # Looks like any other comment until it is edited; its author's first words command nothing.
    note = people.comment(trouble, "I will look at it.")

    path = f"/projects/{trouble.project_id}/merge_requests/{trouble.iid}/notes/{note['id']}"
    stack.gitlab.rest("PUT", path, by="maya", body=f"@duo apply {question['digest_prefix']}")

    assert "This comment was edited" in people.reply_to(trouble, note)
    assert "edited_comment" in people.refusals(session_id)


def test_a_bots_command_is_not_listened_to(people, unchanged):
    trouble, session_id, question = unchanged
    before = people.refusals(session_id)

    people.comment(trouble, "@duo stop", by="renovate")
    people.comment(trouble, f"@duo apply {question['digest_prefix']}", by="renovate")
    heard = people.comment(trouble, "@duo help", by="daniel-r")

    people.reply_to(trouble, heard)
    assert people.refusals(session_id) == before
    assert people.sessions_of(trouble.project, merge_request_iid=trouble.iid)[0]["id"] == session_id


# --- starts -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("by", "status"), [("gus", 404), ("mallory", 404), ("duo", 403)])
def test_who_may_not_change_code_starts_no_session_and_sees_none(people, unchanged, by, status):
    trouble, session_id, question = unchanged
    wanted = {"flow": "fix_pipeline", "project": trouble.project, "pipeline_id": trouble.pipeline_id}

    assert people.call("POST", "/sessions", by=by, **wanted).status_code == status
    assert people.answer(session_id, "apply", question["digest"], by=by).status_code in {403, 404}
    assert len(people.sessions_of(trouble.project, merge_request_iid=trouble.iid)) == 1


def test_a_guests_fix_in_a_comment_is_refused_and_told_so(people, stack):
    project = f"/projects/{stack.gitlab.project_id(PROJECT)}"
    # Guests of a private project see its issues and no merge requests.
    issue = stack.gitlab.rest("POST", f"{project}/issues", by="gus", title="Payments fail")
    notes = f"{project}/issues/{issue['iid']}/notes"

    note = stack.gitlab.rest("POST", notes, by="gus", body="@duo fix")
    mark = f"<!-- duo-flows:reply-{note['id']} -->"
    written = eventually(
        "a reply", lambda: [one["body"] for one in stack.gitlab.rest("GET", notes, by="gus") if mark in one["body"]]
    )

    assert "That needs the Developer role in the project." in written[0]
    assert not [session for session in people.sessions_of(PROJECT) if session["requester"] == "gus"]


# A door cannot know what will be read of the merge request; the run finds out, before anything is done.
ASKS_FOR_WHAT_NOBODY_HAS = """
version: v1
environment: ambient
components: [{name: look, type: DeterministicStepComponent, tool_name: get_merge_request}]
routers: [{from: look, to: end}]
flow: {entry_point: look, inputs: [{category: merge_request, input_schema: {weather: {type: string}}}]}
"""


def test_a_session_that_cannot_be_opened_ends_failed_and_says_why(people):
    trouble = people.trouble()

    session_id = people.start(trouble, definition=ASKS_FOR_WHAT_NOBODY_HAS)

    session = people.ended(session_id)
    assert (session["status"], session["ending"]) == ("failed", "fault")
    assert "inputs.merge_request.weather is missing: a string." in session["summary"]
    assert [session["summary"] in note["body"] for note in people.notes(trouble)] == [True]


# --- after the end ------------------------------------------------------------------------------------------------------------


def test_an_answer_that_is_repeated_changes_nothing_more(people):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)
    key = {"Idempotency-Key": secrets.token_hex(8)}

    first = people.answer(session_id, "cancel", question["digest"], headers=key)
    assert (first.status_code, people.ended(session_id)["ending"]) == (200, "cancelled")
    again = people.answer(session_id, "cancel", question["digest"], headers=key)
    other = people.answer(session_id, "apply", question["digest"])
    note = people.comment(trouble, f"@duo apply {question['digest_prefix']}")

    assert (again.status_code, again.json()["code"]) == (200, "accepted_before")
    assert (other.status_code, other.json()["code"]) == (409, "session_ended")
    assert "is over" in people.reply_to(trouble, note)
    assert (people.session(session_id)["ending"], people.new_commits(trouble)) == ("cancelled", [])


def test_a_stale_digest_in_a_comment_is_refused_with_the_line_to_copy(people, unchanged, stale_note):
    trouble, _, question = unchanged

    reply = people.reply_to(trouble, stale_note)

    assert "Nothing was changed" in reply
    assert f"@duo apply {question['digest_prefix']}" in reply
