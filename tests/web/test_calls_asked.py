"""Questions about tool calls and questions for words, at the doors: what they show, and which answers reach the workflow."""

from datetime import timedelta

import pytest

from duo_flows.domain.requests import CHOICES, Choice, RequestKind
from duo_flows.domain.sessions import SessionStatus, SessionUpdate, Waiting
from signals.messages import AnswerResult
from tests.web.a_door import ALICE, NOON, REPORTER, Door

DIGEST = "0123456789ab" + "c" * 52
STATUSES = {RequestKind.TOOL_CALLS: SessionStatus.TOOL_CALL_APPROVAL_REQUIRED, RequestKind.INPUT: SessionStatus.INPUT_REQUIRED}


async def ask(door: Door, kind: RequestKind) -> None:
    """Register a session that asks alice such a question."""
    await door.a_session()
    waiting = Waiting(
        reason="consent to tool calls of work",
        request_id="r1",
        on="alice",
        until=NOON + timedelta(days=7),
        digest=DIGEST,
        question_ref=await door.store.contents.put(b"May it?"),
        choices=tuple(str(choice) for choice in CHOICES[kind]),
        change_ref=await door.store.contents.put(b'create_note\n{"body": "Hello"}'),
        kind=str(kind),
    )
    await door.store.sessions.update(SessionUpdate(session_id="s1", run=1, status=STATUSES[kind], waiting=waiting))


@pytest.mark.parametrize(("kind", "choice"), [(kind, choice) for kind in STATUSES for choice in CHOICES[kind]])
async def test_each_choice_reaches_the_workflow_from_the_api(door: Door, kind: RequestKind, choice: Choice) -> None:
    await ask(door, kind)
    door.runtime.result = AnswerResult(is_accepted=True, code=str(choice), reason="Accepted.")

    body = {"choice": choice, "digest": DIGEST[:12], "text": "words"}
    response = await door.call(ALICE, "POST", "/sessions/s1/answer", json=body)

    assert (response.status_code, response.json()["code"]) == (200, choice)
    assert [(answer.choice, answer.text) for answer in door.runtime.asked] == [(choice, "words")]


@pytest.mark.parametrize(
    ("kind", "line", "text"),
    [(RequestKind.TOOL_CALLS, "always {}", ""), (RequestKind.INPUT, "respond {} It is main.", "It is main.")],
)
async def test_each_choice_reaches_the_workflow_from_a_comment(door: Door, kind: RequestKind, line: str, text: str) -> None:
    await ask(door, kind)

    await door.comment(ALICE, "@duo " + line.format(DIGEST[:12]))

    assert [(answer.choice, answer.text) for _, answer in door.runtime.answers] == [(line.split(maxsplit=1)[0], text)]


async def test_a_response_without_digest_is_given_the_line_to_copy(door: Door) -> None:
    await ask(door, RequestKind.INPUT)

    await door.comment(ALICE, "@duo respond It is main.")

    assert f"@duo respond {DIGEST[:12]} <your answer>" in door.reply_to()
    assert door.nothing_reached_a_workflow()


async def test_the_session_shows_what_kind_of_question_is_open(door: Door) -> None:
    await ask(door, RequestKind.TOOL_CALLS)

    shown = (await door.call(REPORTER, "GET", "/sessions/s1")).json()

    assert (shown["status"], shown["waiting"]["kind"]) == ("tool_call_approval_required", "tool_calls")


async def test_calls_that_were_cut_are_shown_in_full_as_text(door: Door) -> None:
    await ask(door, RequestKind.TOOL_CALLS)

    assert (await door.call(REPORTER, "GET", "/sessions/s1/diff")).text == 'create_note\n{"body": "Hello"}'


async def test_a_session_that_asks_about_calls_waits_for_its_requester(door: Door) -> None:
    await ask(door, RequestKind.TOOL_CALLS)

    mine = (await door.call(ALICE, "GET", "/sessions?waiting_for_me=true")).json()

    assert [session["id"] for session in mine["sessions"]] == ["s1"]
