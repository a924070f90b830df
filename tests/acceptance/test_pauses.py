"""A session is paused at the command line, outlives the death of everything, and goes on by the API: with its one effect (S3)."""

import pytest

from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(150)]


def paused(people, session_id):
    """The session once it is paused."""
    return eventually(
        f"session {session_id} to pause", lambda: [one for one in [people.session(session_id)] if one["status"] == "paused"]
    )[0]


def test_a_paused_session_outlives_the_processes_and_goes_on_where_it_was(people, stack, folder):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)

    code, told = people.duoflow("sessions", "pause", session_id, "--reason", "We deploy", folder=folder, by="maya")
    assert (code, told["status"]) == (0, "pausing")
    assert people.answer(session_id, "apply", question["digest"]).status_code == 200
    before = paused(people, session_id)
    stack.kill("temporal", "web", "worker")
    stack.mend()

    assert paused(people, session_id) == before
    assert (before["waiting"]["reason"], before["waiting"]["choices"]) == ("paused by @maya", [])
    assert people.new_commits(trouble) == []
    again = people.call("POST", f"/sessions/{session_id}/pause", by="maya", reason="still")
    assert (again.status_code, again.json()["status"]) == (202, "paused")
    stranger = people.call("POST", f"/sessions/{session_id}/resume", by="gus", reason="now")
    assert stranger.status_code in {403, 404}
    resumed = people.call("POST", f"/sessions/{session_id}/resume", by="maya", reason="deployed")
    assert (resumed.status_code, resumed.json()["status"]) == (202, "resuming")

    people.done_once(trouble, session_id)
    told = [line["text"] for line in people.log(session_id) if line["kind"] == "status"]
    assert told[1:] == ["Paused by @maya: We deploy.", "The session goes on."]
    late = people.call("POST", f"/sessions/{session_id}/pause", by="maya", reason="late")
    assert (late.status_code, late.json()["code"]) == (409, "session_ended")


def test_a_paused_session_is_stopped_by_a_comment_and_its_retry_begins_anew(people, folder):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)
    people.comment(trouble, "@duo pause")
    eventually("the pause to be taken", lambda: [line for line in people.log(session_id) if "asked to pause" in line["text"]])
    assert people.answer(session_id, "apply", question["digest"]).status_code == 200
    paused(people, session_id)

    people.comment(trouble, "@duo stop")
    stopped = people.ended(session_id)
    code, retried = people.duoflow("sessions", "retry", session_id, "--no-watch", folder=folder, by="maya")

    assert (stopped["status"], stopped["ending"]) == ("stopped", "stopped")
    assert people.new_commits(trouble) == []
    assert (code, retried["run"]) == (0, 2)
    asked_again = people.question(session_id)
    assert asked_again["request_id"] != question["request_id"]
    assert people.answer(session_id, "apply", asked_again["digest"]).status_code == 200
    people.done_once(trouble, session_id)
