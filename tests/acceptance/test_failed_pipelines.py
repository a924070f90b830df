"""Sessions that start by GitLab's Pipeline Hook: only where the default branch asks for them, once, and never for a machine."""

import json

import pytest

from tests.acceptance.scenario import BOT, OPTED_IN, with_script
from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


@pytest.fixture
def hook_outcome(stack):
    """Return what the web app made of the news that a pipeline failed, from its own log."""

    def told(word):
        lines = (json.loads(line) for line in stack.log_text("web").splitlines() if line.startswith("{"))
        return sum(word in json.dumps(line) for line in lines)

    return told


def sessions_of_pipeline(people, project, pipeline_id):
    return [session for session in people.sessions_of(project) if session["pipeline_id"] == pipeline_id]


def test_a_failed_pipeline_starts_one_session_for_its_author_where_the_default_branch_asks_for_it(people):
    trouble = people.trouble(project=OPTED_IN)
    (session,) = eventually("a session", lambda: sessions_of_pipeline(people, OPTED_IN, trouble.pipeline_id))
    assert (session["trigger"], session["requester"]) == ("pipeline", "maya")
    question = people.question(session["id"])

    resend_every_pipeline_hook(people, trouble)
    refused = people.comment(trouble, "@duo fix", by="daniel-r")

    assert "is at work on that pipeline already" in people.reply_to(trouble, refused)
    assert len(sessions_of_pipeline(people, OPTED_IN, trouble.pipeline_id)) == 1
    assert people.answer(session["id"], "apply", question["digest"]).status_code == 200
    assert people.ended(session["id"])["ending"] == "done"


def resend_every_pipeline_hook(people, trouble):
    (hook,) = people.gitlab.rest("GET", f"/projects/{trouble.project_id}/hooks", by="root")
    path = f"/projects/{trouble.project_id}/hooks/{hook['id']}/events"
    events = people.gitlab.rest("GET", path, by="root", per_page=100)
    failed = [event for event in events if event["request_data"].get("object_attributes", {}).get("status") == "failed"]
    assert failed
    for event in failed:
        people.gitlab.rest("POST", f"{path}/{event['id']}/resend", by="root")


@pytest.fixture
def hopeless_model(stack, scenario, tmp_path):
    """A model whose fixes leave the pipeline red."""
    stack.play(with_script(scenario, tmp_path / "still_red", variant="still_red"))
    yield
    stack.play(scenario)


@pytest.mark.usefixtures("hopeless_model")
def test_the_pipeline_of_a_sessions_own_commit_starts_no_session(people, hook_outcome):
    trouble = people.trouble(project=OPTED_IN)
    (session,) = eventually("a session", lambda: sessions_of_pipeline(people, OPTED_IN, trouble.pipeline_id))
    first = people.question(session["id"])
    own_commits = hook_outcome("own_commit")

    assert people.answer(session["id"], "apply", first["digest"]).status_code == 200
    second = people.question(session["id"], not_digest=first["digest"])
    eventually("the hook of our own commit to be worked on", lambda: hook_outcome("own_commit") > own_commits)

    (commit,) = people.new_commits(trouble)
    own = people.ended_pipeline(trouble.project_id, commit["id"])
    assert own["status"] == "failed"
    assert sessions_of_pipeline(people, OPTED_IN, own["id"]) == []
    assert people.answer(session["id"], "cancel", second["digest"]).status_code == 200
    assert people.ended(session["id"])["ending"] == "cancelled"


def test_a_bots_failed_pipeline_starts_no_session_where_nobody_is_named_for_it(people, hook_outcome):
    before = hook_outcome("no_requester")

    pushed = people.push(by=BOT, project=OPTED_IN)
    pipeline = people.ended_pipeline(pushed["project_id"], pushed["commit"])
    eventually("the hook to be worked on", lambda: hook_outcome("no_requester") > before)

    assert (pipeline["status"], sessions_of_pipeline(people, OPTED_IN, pipeline["id"])) == ("failed", [])


def test_a_project_that_does_not_ask_for_sessions_gets_none(people, hook_outcome):
    before = hook_outcome("not_opted_in")

    trouble = people.trouble()
    eventually("the hook to be worked on", lambda: hook_outcome("not_opted_in") > before)

    assert sessions_of_pipeline(people, trouble.project, trouble.pipeline_id) == []


def test_a_policy_on_the_branch_under_work_opts_in_to_nothing(people, hook_outcome):
    before = hook_outcome("not_opted_in")

    pushed = people.push()
    policy = {"action": "create", "file_path": ".gitlab/duo/duo-flows.yml", "content": "triggers: {failed_pipeline: true}\n"}
    commit = people.gitlab.rest(
        "POST",
        f"/projects/{pushed['project_id']}/repository/commits",
        by="maya",
        branch=pushed["branch"],
        commit_message="Ask for sessions",
        actions=[policy],
    )
    pipeline = people.ended_pipeline(pushed["project_id"], commit["id"])
    eventually("the hook to be worked on", lambda: hook_outcome("not_opted_in") > before)

    assert (pipeline["status"], sessions_of_pipeline(people, "meridian/payments", pipeline["id"])) == ("failed", [])
