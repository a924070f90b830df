"""The first journey: a failed pipeline, a proposal, one person's consent, a green pipeline. By command line and by comments."""

import pytest

from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


def changed_lines(diff):
    """The lines that a diff takes away and adds, without its headers."""
    return [line for line in diff.splitlines() if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"}]


def assert_fixed(people, trouble, session_id, digest, diff):
    session = people.ended(session_id)
    assert (session["status"], session["ending"]) == ("finished", "done"), session
    (commit,) = people.new_commits(trouble)
    assert people.ended_pipeline(trouble.project_id, commit["id"])["status"] == "success"
    trailers = commit["message"].strip().rpartition("\n\n")[2].splitlines()
    assert trailers == [
        f"Duo-Session: {session_id}",
        "Duo-Requester: @maya",
        "Duo-Approved-By: @maya",
        f"Duo-Digest: {digest}",
    ]
    (file,) = people.diff_of(trouble, commit["id"])
    assert changed_lines(file["diff"]) == changed_lines(diff)
    assert changed_lines(diff)


def test_a_developer_runs_the_flow_and_consents_at_the_command_line(people, folder):
    trouble = people.trouble()

    command = ("run", "fix_pipeline", "--project", trouble.project, "--pipeline", str(trouble.pipeline_id), "--no-watch")
    code, started = people.duoflow(*command, folder=folder, by="maya")
    assert (code, started["requester"]) == (0, "maya")
    session_id = started["id"]
    question = people.question(session_id)
    diff = people.call("GET", f"/sessions/{session_id}/diff", by="maya").text
    answer = ("sessions", "answer", session_id, "apply", "--digest", question["digest_prefix"])
    code, told = people.duoflow(*answer, folder=folder, by="maya")
    assert (code, told["code"]) == (0, "apply")

    assert_fixed(people, trouble, session_id, question["digest"], diff)
    code, last = people.duoflow("sessions", "watch", session_id, folder=folder, by="maya")
    assert (code, last["session"]["ending"]) == (0, "done")


def test_a_developer_asks_and_consents_by_comments_alone(people):
    trouble = people.trouble()

    asked = people.comment(trouble, "@duo fix")
    session_id = eventually("a session", lambda: people.sessions_of(trouble.project, merge_request_iid=trouble.iid))[0]["id"]
    question = people.question(session_id)
    shown = eventually(
        "the question as a comment",
        lambda: [note["body"] for note in people.notes(trouble) if question["digest_prefix"] in note["body"]],
    )[0]
    diff = people.call("GET", f"/sessions/{session_id}/diff", by="maya").text
    answered = people.comment(trouble, f"@duo apply {question['digest_prefix']}")

    assert_fixed(people, trouble, session_id, question["digest"], diff)
    assert all(line in shown for line in changed_lines(diff))
    assert sorted(people.marks(trouble)) == sorted(
        [
            f"reply-{asked['id']}",
            f"question-{question['request_id']}",
            f"reply-{answered['id']}",
            f"ending-{session_id}-1",
        ]
    )
    summary = people.notes(trouble)[-1]["body"]
    (commit,) = people.new_commits(trouble)
    assert "**Fixed.**" in summary
    assert commit["id"][:8] in summary


def test_words_lead_to_another_proposal_and_only_that_one_can_be_applied(people):
    trouble = people.trouble()
    session_id, first = people.asked(trouble)

    assert people.answer(session_id, "modify", first["digest"], text="Allow 90 seconds.").status_code == 200
    second = people.question(session_id, not_digest=first["digest"])
    stale = people.answer(session_id, "apply", first["digest"])
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_digest")
    assert people.new_commits(trouble) == []
    diff = people.call("GET", f"/sessions/{session_id}/diff", by="maya").text
    assert people.answer(session_id, "apply", second["digest"]).status_code == 200

    assert "delta=90" in diff
    assert_fixed(people, trouble, session_id, second["digest"], diff)
