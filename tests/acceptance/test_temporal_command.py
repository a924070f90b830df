"""Flows by the plain `temporal` command: started by type, asked for their state, answered by a signal. No code of ours between."""

import json
import secrets
import subprocess

import pytest

from duo_flows.bootstrap.embedded.plans import temporal_binary
from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


@pytest.fixture
def temporal(stack):
    """Run `temporal workflow ...`; returns the finished process."""

    def run(verb, *words):
        command = [str(temporal_binary()), "workflow", verb, "--address", stack.layout.temporal_address, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run


@pytest.fixture
def start(temporal):
    """Start fix_pipeline under an id; returns the finished process."""

    def run(workflow_id, **argument):
        words = ["--type", "fix_pipeline", "--task-queue", "duo-flows", "--workflow-id", workflow_id]
        return temporal("start", *words, *(["--input", json.dumps(argument)] if argument else []))

    return run


@pytest.fixture
def state_of(temporal):
    """Return what the query `state` answers, once it shows an open question."""

    def asked(workflow_id):
        answered = temporal("query", "--workflow-id", workflow_id, "--type", "state", "-o", "json")
        if answered.returncode:
            return None
        (state,) = json.loads(answered.stdout)["queryResult"]
        return state if state["waiting"] else None

    return lambda workflow_id: eventually(f"{workflow_id} to ask", lambda: asked(workflow_id))


def result_of(temporal, workflow_id):
    def is_closed():
        described = temporal("describe", "--workflow-id", workflow_id, "-o", "json")
        return described.returncode == 0 and "closeTime" in json.loads(described.stdout)["workflowExecutionInfo"]

    # `temporal workflow result` would wait too, but now and then for twenty seconds longer than it has to.
    eventually(f"{workflow_id} to end", is_closed)
    ended = temporal("result", "--workflow-id", workflow_id, "-o", "json")
    return ended.returncode, json.loads(ended.stdout)


def an_answer(state, **changed):
    return json.dumps({"choice": "apply", "digest": state["waiting"]["digest"][:12], "actor": "maya", **changed})


def test_a_flow_is_started_asked_and_answered_with_the_temporal_command_alone(people, temporal, start, state_of):
    trouble = people.trouble()
    workflow_id = f"by-hand-{secrets.token_hex(4)}"

    started = start(workflow_id, project=trouble.project, requester="maya", pipeline_id=trouble.pipeline_id)
    assert started.returncode == 0, started.stderr
    state = state_of(workflow_id)
    assert (state["flow"], state["status"], state["waiting"]["on"]) == ("fix_pipeline", "input_required", "maya")
    signal = temporal("signal", "--workflow-id", workflow_id, "--name", "answer", "--input", an_answer(state))
    assert signal.returncode == 0, signal.stderr

    code, ended = result_of(temporal, workflow_id)
    assert (code, ended["status"], ended["result"]["ending"]) == (0, "COMPLETED", "done")
    assert people.session(state["session_id"])["workflow_id"] == workflow_id
    assert len(people.new_commits(trouble)) == 1


def test_an_id_that_has_ended_can_be_used_again_and_gives_another_session(people, temporal, start, state_of):
    trouble = people.trouble()
    workflow_id = f"again-{secrets.token_hex(4)}"
    argument = {"project": trouble.project, "requester": "maya", "pipeline_id": trouble.pipeline_id}

    assert start(workflow_id, **argument).returncode == 0
    first = state_of(workflow_id)
    update = ("--workflow-id", workflow_id, "--name", "submit_answer", "--input", an_answer(first, choice="cancel"))
    assert temporal("update", "execute", *update).returncode == 0
    assert result_of(temporal, workflow_id)[1]["result"]["ending"] == "cancelled"
    assert start(workflow_id, **argument).returncode == 0
    second = state_of(workflow_id)
    assert temporal("signal", "--workflow-id", workflow_id, "--name", "answer", "--input", an_answer(second)).returncode == 0

    assert result_of(temporal, workflow_id)[1]["result"]["ending"] == "done"
    assert first["session_id"] != second["session_id"]
    assert people.session(first["session_id"])["ending"] == "cancelled"
    assert people.session(second["session_id"])["ending"] == "done"


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ({}, "A flow is started with one argument"),
        ({"project": "meridian/payments", "requester": "maya", "pipeline": 1}, "pipeline"),
        ({"project": "meridian/payments"}, "requester"),
        ({"project": "meridian/payments", "requester": "gus", "pipeline_id": 2}, "@gus needs Developer access"),
        ({"project": "meridian/payments", "requester": "duo", "pipeline_id": 2}, "@duo is a bot or blocked"),
        ({"project": "meridian/nothing", "requester": "maya", "pipeline_id": 2}, "meridian/nothing"),
        ({"project": "meridian/payments", "requester": "maya", "pipeline_id": 99999}, "99999"),
        ({"project": "meridian/payments", "requester": "maya", "signature": "0" * 64}, "a signature that is not ours"),
    ],
)
def test_a_start_that_cannot_be_understood_or_is_not_allowed_fails_and_says_why(people, temporal, start, argument, told):
    before = people.sessions_of("meridian/payments", limit=1)
    workflow_id = f"wrong-{secrets.token_hex(4)}"

    assert start(workflow_id, **argument).returncode == 0
    code, ended = result_of(temporal, workflow_id)

    assert (code, ended["status"]) == (1, "FAILED")
    assert told in json.dumps(ended["closeEvent"])
    assert people.sessions_of("meridian/payments", limit=1) == before
