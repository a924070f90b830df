"""Deadlines across outages: what a door or GitLab received in time counts, whenever it is worked on; what came later never does."""

from datetime import UTC, datetime

import pytest

from tests.acceptance.stack import restarted_with
from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]

# Long enough to answer in on a busy machine, short enough to wait for.
TIMEOUT = "PT8S"


@pytest.fixture(scope="module", autouse=True)
def short_deadlines(whole_stack):
    whole_stack.mend()
    with restarted_with(whole_stack, "worker", DUOFLOWS_REQUEST_TIMEOUT=TIMEOUT):
        yield


def wait_until_past(question):
    deadline = datetime.fromisoformat(question["until"])
    eventually("the deadline to pass", lambda: datetime.now(UTC) > deadline)


def assert_expired(people, trouble, session_id):
    session = people.ended(session_id)
    assert (session["status"], session["ending"]) == ("stopped", "expired")
    assert "Nobody answered before" in session["summary"]
    assert people.new_commits(trouble) == []


def test_a_comment_in_time_is_applied_by_a_worker_that_comes_back_after_the_deadline(people, stack):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)

    stack.kill("worker")
    people.comment(trouble, f"@duo apply {question['digest_prefix']}")
    wait_until_past(question)
    stack.mend()

    people.done_once(trouble, session_id)


def test_an_answer_that_the_api_kept_in_time_is_applied_by_a_worker_that_comes_back_after_the_deadline(people, stack):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)

    stack.kill("worker")
    kept = people.answer(session_id, "apply", question["digest"])
    wait_until_past(question)
    stack.mend()

    assert (kept.status_code, kept.json()["status"]) == (202, "received")
    people.done_once(trouble, session_id)


def test_a_comment_in_time_is_found_though_web_app_and_worker_were_both_dead(people, stack):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)

    stack.kill("web", "worker")
    people.comment(trouble, f"@duo apply {question['digest_prefix']}")
    wait_until_past(question)
    stack.mend()

    people.done_once(trouble, session_id)


def test_a_comment_after_the_deadline_is_refused_and_the_session_expires(people, stack):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)

    stack.kill("worker")
    wait_until_past(question)
    note = people.comment(trouble, f"@duo apply {question['digest_prefix']}")
    eventually("the comment to be handed on", lambda: f"{note['id']}" in stack.log_text("web"))
    stack.mend()

    assert_expired(people, trouble, session_id)
    assert "Nothing was changed" in people.reply_to(trouble, note)
    assert {"too_late", "session_ended"} & set(people.refusals(session_id))


def test_an_unanswered_question_expires_and_an_answer_then_is_refused(people):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)

    assert_expired(people, trouble, session_id)
    late = people.answer(session_id, "apply", question["digest"])

    assert (late.status_code, late.json()["code"]) == (409, "session_ended")
    assert "session_ended" in people.refusals(session_id)
    assert_expired(people, trouble, session_id)
