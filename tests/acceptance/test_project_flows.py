"""Flows of a project's own, from `.gitlab/duo/flows/` on its default branch: all forms of the schema through real doors."""

import json
from pathlib import Path

import pytest

from duo_flows.bootstrap.embedded.layout import Story, layout_of
from duo_flows.bootstrap.embedded.ports import free_ports
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.stack import running_stack
from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]

SCENARIO = Path(__file__).parents[2] / "simulators" / "scenarios" / "project_flows"
PROJECT = "meridian/handbook"


@pytest.fixture(scope="module")
def whole_stack(tmp_path_factory):
    """A stack that plays the scenario with the project's own flows."""
    layout = layout_of(Story(folder=SCENARIO, seed=1), home=tmp_path_factory.mktemp("stack"), ports=free_ports())
    with running_stack(layout, SETTINGS) as stack:
        yield stack


def started(people, flow, goal, **more):
    answer = people.call("POST", "/sessions", by="maya", flow=flow, project=PROJECT, goal=goal, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def triage(people, issue_iid):
    given = [{"Category": "triage", "Content": json.dumps({"issue_iid": issue_iid})}]
    return people.ended(started(people, "triage_issue", "How bad is this?", additional_context=given))


def answered(people, session_id, choice, *, after="", **more):
    """Answer the next question after that of digest `after`; return the question."""
    question = people.question(session_id, not_digest=after)
    answer = people.answer(session_id, choice, question["digest"], **more)
    assert answer.status_code == 200, answer.text
    return question["digest"]


def components_told_of(people, session_id):
    log = people.call("GET", f"/sessions/{session_id}/log", by="maya").json()
    return {entry["component"] for entry in log["entries"]}


def handbook(people, path, method="GET", **parameters):
    return people.gitlab.rest(method, f"/projects/{people.gitlab.project_id(PROJECT)}{path}", by="maya", **parameters)


def test_an_issue_that_is_bad_is_marked_in_one_round_of_calls_and_its_note_is_internal_as_the_flow_forces(people):
    session = triage(people, issue_iid=1)

    assert (session["status"], session["ending"]) == ("finished", "done"), session
    assert handbook(people, "/issues/1")["labels"] == ["severity::critical"]
    (note,) = [note for note in handbook(people, "/issues/1/notes") if note["author"]["username"] == "duo"]
    assert note["internal"] is True
    assert "People have lost" in note["body"]


def test_an_issue_that_is_not_bad_takes_the_default_route_and_is_left_alone(people):
    session = triage(people, issue_iid=2)

    assert (session["status"], session["ending"]) == ("finished", "done"), session
    assert handbook(people, "/issues/2")["labels"] == []


def test_a_start_without_what_the_flow_asks_for_is_refused_and_begins_nothing(people):
    refused = people.call("POST", "/sessions", by="maya", flow="triage_issue", project=PROJECT, goal="How bad is this?")

    assert refused.status_code == 422, refused.text
    assert "triage" in refused.json()["detail"]


def test_two_agents_write_under_a_third_a_person_has_it_changed_and_sees_every_call_that_publishes_it(people):
    session_id = started(people, "write_guide", "A guide to the export")

    first = answered(people, session_id, "modify", text="Make it friendlier.")
    second = answered(people, session_id, "apply", after=first)
    branch = people.question(session_id, not_digest=second)
    assert people.session(session_id)["status"] == "tool_call_approval_required"
    refused = answered(people, session_id, "modify", after=second, text="Call the branch docs/guide.")
    digest = answered(people, session_id, "apply", after=refused)
    digest = answered(people, session_id, "apply", after=digest)
    answered(people, session_id, "apply", after=digest)
    session = people.ended(session_id)

    assert (session["status"], session["ending"]) == ("finished", "done"), session
    assert branch["choices"] == ["apply", "always", "cancel", "modify"]
    assert {one["name"] for one in handbook(people, "/repository/branches")} == {"main", "docs/guide"}
    (merge_request,) = handbook(people, "/merge_requests")
    guide = handbook(people, "/repository/files/docs%2Fguide.md", ref=merge_request["source_branch"])
    assert guide["size"] > 0
    assert {"editor", "researcher#1", "writer#2", "publish"} <= components_told_of(people, session_id)


def test_a_person_answers_in_words_until_the_minutes_are_complete(people):
    session_id = started(people, "plan_release", "Plan the next release.")

    first = answered(people, session_id, "respond", text="The export")
    answered(people, session_id, "respond", after=first, text="It shall be on Friday.")
    session = people.ended(session_id)

    assert (session["status"], session["ending"]) == ("finished", "done"), session
    asked = people.stack.model_requests()[-1]["body"]["messages"][0]["content"]
    assert "The session is Execution." in json.dumps(asked)
    assert "What is the release about?" in json.dumps(asked)


def test_a_flow_that_asks_in_words_ends_where_the_person_gives_none(people):
    session_id = started(people, "plan_release", "Plan the next release.")

    answered(people, session_id, "cancel")
    session = people.ended(session_id)

    assert (session["status"], session["ending"]) == ("stopped", "cancelled"), session
    assert session["summary"] == "Cancelled: the answer was no."


def test_a_flow_is_taken_from_the_default_branch_and_never_from_the_branch_under_work(people):
    actions = [
        {"action": "create", "file_path": ".gitlab/duo/flows/smuggled.yaml", "content": "version: v1\n"},
        {"action": "update", "file_path": ".gitlab/duo/flows/plan_release.yaml", "content": "version: v1\n"},
    ]
    handbook(
        people, "/repository/commits", "POST", branch="smuggle", start_branch="main", commit_message="Smuggle", actions=actions
    )

    refused = people.call("POST", "/sessions", by="maya", flow="smuggled", project=PROJECT, goal="Go.")
    session_id = started(people, "plan_release", "Plan the next release.")

    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_flow")
    assert eventually("the question", lambda: people.question(session_id))
