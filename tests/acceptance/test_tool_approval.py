"""Consent to tool calls through real doors, comments and the API: what was agreed to stands in GitLab, and nothing else (A4)."""

import pytest

from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]

GREET = """
version: v1
environment: ambient
components:
  - name: greeter
    type: AgentComponent
    prompt_id: greet
    toolset: [{create_merge_request_note: {merge_request_iid: IID}}]
    require_tool_approval: true
prompts: [{prompt_id: greet, prompt_template: {system: "You greet people.", user: "{{ goal }}"}}]
routers: [{from: greeter, to: end}]
flow: {entry_point: greeter}
"""


@pytest.fixture
def greeting(people):
    """A merge request, and a session there that asks whether it may write a comment."""
    trouble = people.trouble()
    flow = GREET.replace("IID", str(trouble.iid))
    wanted = {"project": trouble.project, "merge_request_iid": trouble.iid, "goal": "Greet everybody.", "definition": flow}
    started = people.call("POST", "/sessions", by="maya", flow="greet", **wanted)
    assert started.status_code == 201, started.text
    session_id = started.json()["id"]
    return trouble, session_id, people.question(session_id)


def greetings(people, trouble):
    texts = [note["body"].partition("-->")[2].strip() for note in people.notes(trouble)]
    return [text for text in texts if text in {"Hello", "Goodbye"}]


def asked_in_a_comment(people, trouble, question):
    """Return the comment that asks, once it is there."""
    return eventually(
        "the question as a comment",
        lambda: [note["body"] for note in people.notes(trouble) if f"always {question['digest_prefix']}" in note["body"]],
    )[0]


def test_a_comment_consents_for_the_session_and_another_makes_the_agent_do_without(people, greeting):
    trouble, session_id, question = greeting
    shown = asked_in_a_comment(people, trouble, question)

    consent = people.comment(trouble, f"@duo always {question['digest_prefix']}")
    told = people.reply_to(trouble, consent)
    other = people.question(session_id, not_digest=question["digest"])
    people.comment(trouble, f"@duo cancel {other['digest_prefix']}")
    session = people.ended(session_id)

    assert (session["status"], session["ending"]) == ("finished", "done"), session
    assert '"body": "Hello"' in shown
    assert "not asked about again in this session" in told
    assert greetings(people, trouble) == ["Hello", "Hello"]
    assert len([line for line in people.log(session_id) if line["kind"] == "request"]) == 2


def test_nothing_is_made_before_the_requester_says_so_and_then_only_what_was_shown(people, greeting):
    trouble, session_id, question = greeting

    by_another = people.answer(session_id, "apply", question["digest"], by="daniel-r")
    not_offered = people.answer(session_id, "respond", question["digest"], text="Yes.")
    before = greetings(people, trouble)
    people.answer(session_id, "apply", question["digest"])
    again = people.question(session_id, not_digest=question["digest"])
    people.call("POST", f"/sessions/{session_id}/stop", by="maya", reason="Enough.")
    session = people.ended(session_id)

    assert (by_another.json()["code"], not_offered.json()["code"], before) == ("not_the_requester", "not_offered", [])
    assert (question["kind"], question["choices"]) == ("tool_calls", ["apply", "always", "cancel", "modify"])
    assert again["request_id"] != question["request_id"]
    assert (session["status"], greetings(people, trouble)) == ("stopped", ["Hello"])
