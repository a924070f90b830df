"""Deadlines across outages: what a door or GitLab received in time counts, whenever it is worked on; what came later never does."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.acceptance.people import People, Trouble
from tests.acceptance.stack import restarted_with
from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]

# Long enough to answer in on a busy machine, short enough to wait for.
TIMEOUT = "PT10S"


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


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A worker that was dead over three deadlines, and what was said meanwhile. Each is (merge request, session's id)."""

    comment_in_time: tuple[Trouble, str]
    kept_by_the_api: tuple[Trouble, str]
    late_comment: tuple[Trouble, str]
    api_answer: Any
    late_note: dict[str, Any]


@pytest.fixture(scope="module")
def outage(whole_stack):
    """One outage for three stories, each on a merge request of its own."""
    whole_stack.mend()
    people = People(whole_stack)
    troubles = [people.trouble() for _ in range(3)]
    sessions = [people.start(trouble) for trouble in troubles]
    questions = [people.question(session_id) for session_id in sessions]
    whole_stack.kill("worker")
    people.comment(troubles[0], f"@duo apply {questions[0]['digest_prefix']}")
    api_answer = people.answer(sessions[1], "apply", questions[1]["digest"])
    wait_until_past(questions[2])
    late_note = people.comment(troubles[2], f"@duo apply {questions[2]['digest_prefix']}")
    wait_until_past(questions[1])
    whole_stack.mend()
    stories = list(zip(troubles, sessions, strict=True))
    return Outage(
        comment_in_time=stories[0],
        kept_by_the_api=stories[1],
        late_comment=stories[2],
        api_answer=api_answer,
        late_note=late_note,
    )


def test_a_comment_in_time_is_applied_by_a_worker_that_comes_back_after_the_deadline(people, outage):
    people.done_once(*outage.comment_in_time)


def test_an_answer_that_the_api_kept_in_time_is_applied_by_a_worker_that_comes_back_after_the_deadline(people, outage):
    assert (outage.api_answer.status_code, outage.api_answer.json()["status"]) == (202, "received")
    people.done_once(*outage.kept_by_the_api)


def test_a_comment_after_the_deadline_is_refused_and_the_session_expires(people, outage):
    trouble, session_id = outage.late_comment

    assert_expired(people, trouble, session_id)
    assert "Nothing was changed" in people.reply_to(trouble, outage.late_note)
    assert {"too_late", "session_ended"} & set(people.refusals(session_id))


def test_a_comment_in_time_is_found_though_web_app_and_worker_were_both_dead(people, stack):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)

    stack.kill("web", "worker")
    people.comment(trouble, f"@duo apply {question['digest_prefix']}")
    wait_until_past(question)
    stack.mend()

    people.done_once(trouble, session_id)


def test_an_unanswered_question_expires_and_an_answer_then_is_refused(people):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)

    assert_expired(people, trouble, session_id)
    late = people.answer(session_id, "apply", question["digest"])

    assert (late.status_code, late.json()["code"]) == (409, "session_ended")
    assert "session_ended" in people.refusals(session_id)
    assert_expired(people, trouble, session_id)
