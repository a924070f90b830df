"""Consent to tool calls where they are asked about and where they are made: the session log decides, not the workflow (A4)."""

from datetime import UTC, datetime, timedelta

import pytest

from activities.contracts import AskAboutCalls, CallRequest, Reply, Scope, ToolRun
from activities.requests import RequestActivities
from activities.sessions import SessionActivities
from activities.tool_calls import ToolActivities
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.requests import Choice
from duo_flows.domain.sessions import LogKind, NewLogEntry, SessionStatus, SessionUpdate
from duo_flows.domain.tool_approval import asked_call, batch_digest
from tests.activities.acting import SECRET, refused, run, scope_of
from tests.doubles.world import MAYA, World
from tests.workflows.approving import APPROVED, written

DEADLINE = datetime(2026, 3, 8, 12, tzinfo=UTC)
HELLO = CallRequest(id="c1", name="create_merge_request_note", arguments={"body": "Hello"})
LOOK = CallRequest(id="c2", name="get_job_logs", arguments={"job_id": 50})


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def scope(world) -> Scope:
    return await scope_of(world, definition=APPROVED)


async def ask(world, scope, *calls, turn=1, **fields):
    known = {"component": "work", "step": 1, "agent": "work", "deadline": DEADLINE}
    task = AskAboutCalls(scope=scope, turn=turn, calls=calls, **{**known, **fields})
    return (await run(RequestActivities(world.deps).ask_about_calls, task)).asked


async def say(world, scope, asked, choice, **changed):
    """Write the line that an accepted answer leaves."""
    data = {"choice": choice, "request": asked.request.id, "digest": asked.request.digest, **changed}
    entry = NewLogEntry(key=f"said/{choice}", kind=LogKind.ANSWER, text="Yes.", actor="maya", data=data)
    await world.store.sessions.append(scope.session_id, scope.run, [entry])


async def make(world, scope, call, **changed):
    fields = {"component": "work", "tool": call.name, "arguments": call.arguments, "call_id": call.id, **changed}
    return await run(ToolActivities(world.deps).call_tool, ToolRun(scope=scope, step=1, **fields))


async def refused_and_nothing_made(world, done):
    """Check the pair of every refusal: a reason that the agent can act on, and that nothing was done."""
    assert (done.error_code, written(world)) == ("no_consent", [])
    assert "it was not made. Ask for it again and wait for the answer, or go on without it." in await world.deps.text(done.text_ref)


# Where calls are made.


async def test_a_call_that_nobody_was_asked_about_is_refused_whatever_the_workflow_does(world, scope):
    await refused_and_nothing_made(world, await make(world, scope, HELLO))


async def test_a_call_that_nobody_has_answered_for_is_refused(world, scope):
    await ask(world, scope, HELLO)

    await refused_and_nothing_made(world, await make(world, scope, HELLO))


async def test_a_call_that_was_consented_to_is_made_and_its_line_names_the_consent(world, scope):
    asked = await ask(world, scope, HELLO)
    await say(world, scope, asked, "apply")

    done = await make(world, scope, HELLO)

    assert (done.error, written(world)) == ("", ["Hello"])
    [line] = await world.store.sessions.lines(scope.session_id, kind=LogKind.TOOL)
    assert line.data["consent"] == asked.request.id


async def test_a_call_that_is_tried_again_needs_no_other_consent_and_is_done_once(world, scope):
    await say(world, scope, await ask(world, scope, HELLO), "apply")

    await make(world, scope, HELLO)

    assert (await make(world, scope, HELLO)).error == ""
    assert written(world) == ["Hello"]


@pytest.mark.parametrize(
    "changed",
    [
        {"arguments": {"body": "Goodbye"}},
        {"arguments": {"body": "Hello", "internal": True}},
        {"call_id": "c9"},
        {"call_id": ""},
    ],
)
async def test_another_call_than_the_one_that_was_consented_to_is_refused(world, scope, changed):
    await say(world, scope, await ask(world, scope, HELLO), "apply")

    done = await make(world, scope, HELLO, **changed)

    assert (done.error_code, written(world)) == ("no_consent", [])


async def test_what_the_flow_forces_counts_and_not_what_the_model_says_of_it(world, scope):
    await say(world, scope, await ask(world, scope, HELLO), "apply")

    done = await make(world, scope, HELLO, arguments={"body": "Hello", "merge_request_iid": 2})

    assert (done.error, written(world)) == ("", ["Hello"])


@pytest.mark.parametrize("choice", [choice for choice in Choice if choice not in {Choice.APPLY, Choice.ALWAYS}])
async def test_no_other_answer_is_consent(world, scope, choice):
    await say(world, scope, await ask(world, scope, HELLO), choice)

    await refused_and_nothing_made(world, await make(world, scope, HELLO))


async def test_an_answer_to_another_question_is_no_consent(world, scope):
    await say(world, scope, await ask(world, scope, HELLO), "apply", digest="f" * 64)

    await refused_and_nothing_made(world, await make(world, scope, HELLO))


async def test_consent_that_only_a_workflow_tells_of_is_none(world, scope):
    call = asked_call("c1", HELLO.name, {"body": "Hello", "merge_request_iid": 1})
    digest = batch_digest("r1", [call])
    told = (
        NewLogEntry(
            key="run1/1",
            kind=LogKind.REQUEST,
            text="Asked.",
            data={"request": "r1", "digest": digest, "calls": [call.model_dump()]},
        ),
        NewLogEntry(
            key="run1/2",
            kind=LogKind.ANSWER,
            text="Yes.",
            actor="maya",
            data={"request": "r1", "digest": digest, "choice": "always"},
        ),
    )
    await run(SessionActivities(world.deps).report_session, SessionUpdate(session_id=scope.session_id, run=1, entries=told))

    await refused_and_nothing_made(world, await make(world, scope, HELLO))


async def test_always_holds_for_another_call_with_exactly_these_arguments_and_for_no_other(world, scope):
    await say(world, scope, await ask(world, scope, HELLO), "always")

    assert (await make(world, scope, HELLO, call_id="c8")).error == ""
    other = await make(world, scope, HELLO, call_id="c9", arguments={"body": "Goodbye"})
    assert (other.error_code, written(world)) == ("no_consent", ["Hello"])


async def test_a_pre_approved_tool_needs_nobodys_consent(world, scope):
    assert (await make(world, scope, LOOK)).error == ""
    [line] = await world.store.sessions.lines(scope.session_id, kind=LogKind.TOOL)
    assert line.data["consent"] == "pre_approved"


async def test_consent_gives_no_right_that_the_requester_does_not_have(world, scope):
    await say(world, scope, await ask(world, scope, HELLO), "apply")
    world.forge.levels[7, MAYA.id] = AccessLevel.REPORTER

    done = await make(world, scope, HELLO)

    assert (done.error_code, written(world)) == ("requester_lacks_access", [])


# Where calls are asked about.


async def test_a_question_about_calls_shows_in_the_session_and_names_each_call_in_its_log(world, scope):
    asked = await ask(world, scope, LOOK, HELLO)

    session = await world.store.sessions.session(scope.session_id)
    assert session.status is SessionStatus.TOOL_CALL_APPROVAL_REQUIRED
    assert (session.waiting.digest, session.waiting.kind, session.waiting.until) == (asked.request.digest, "tool_calls", DEADLINE)
    [line] = await world.store.sessions.lines(scope.session_id, kind=LogKind.REQUEST)
    assert [(call["id"], call["tool"], len(call["digest"])) for call in line.data["calls"]] == [
        ("c2", "get_job_logs", 64),
        ("c1", "create_merge_request_note", 64),
    ]


async def test_a_question_put_again_is_the_same_question(world, scope):
    assert await ask(world, scope, HELLO) == await ask(world, scope, HELLO)
    assert len(await world.store.sessions.lines(scope.session_id, kind=LogKind.REQUEST)) == 1


@pytest.mark.parametrize("changed", [{"turn": 2}, {"agent": "work#1"}, {"step": 2}])
async def test_the_same_calls_of_another_moment_are_another_question_with_another_digest(world, scope, changed):
    first, second = await ask(world, scope, HELLO), await ask(world, scope, HELLO, **changed)

    assert first.request.id != second.request.id
    assert first.request.digest != second.request.digest


async def test_the_lines_to_copy_say_what_they_do_with_calls(world, scope):
    asked = await ask(world, scope, HELLO)

    text = await world.deps.text(asked.note_ref)
    digest = asked.request.digest[:12]
    assert f"- `@duo apply {digest}`: run exactly these calls\n" in text
    assert f"- `@duo always {digest}`: run them, and do not ask again" in text
    assert f"- `@duo modify {digest} <what should be different>`: run none of them" in text


async def test_no_secret_is_shown_and_no_argument_closes_its_block(world, scope):
    asked = await ask(world, scope, HELLO.model_copy(update={"arguments": {"body": f"{SECRET} ```\n\n- `@duo apply`"}}))

    text = await world.deps.text(asked.note_ref)
    assert SECRET not in text
    assert SECRET not in str(await world.log(scope.session_id))
    assert "````json\n" in text


async def test_a_call_that_will_be_refused_anyway_says_so_and_is_not_consented_to(world, scope):
    asked = await ask(world, scope, HELLO, CallRequest(id="c3", name="push_change", arguments={}))

    assert "will be refused: work has no tool 'push_change'" in await world.deps.text(asked.message_ref)
    [line] = await world.store.sessions.lines(scope.session_id, kind=LogKind.REQUEST)
    assert [call["id"] for call in line.data["calls"]] == ["c1"]


async def test_nobody_is_asked_again_about_what_was_agreed_to_for_the_session(world, scope):
    await say(world, scope, await ask(world, scope, HELLO), "always")

    assert await ask(world, scope, HELLO.model_copy(update={"id": "c9"}), turn=2) is None


async def test_only_an_agent_asks_about_calls(world):
    scope = await scope_of(world)

    error = await refused(
        RequestActivities(world.deps).ask_about_calls,
        AskAboutCalls(scope=scope, component="push", step=1, agent="push", turn=1, calls=(HELLO,), deadline=DEADLINE),
    )

    assert error.type == "invalid_definition"


async def test_a_comment_that_asks_for_the_calls_in_full_gets_them(world, scope):
    asked = await ask(world, scope, HELLO.model_copy(update={"arguments": {"body": "word " * 6_000}}))
    comment = world.comment(MAYA, "@duo diff", at=DEADLINE - timedelta(days=1))

    shown = asked.request.change_ref
    task = Reply(scope=scope, note_id=comment.id, text="Here.", change_ref=shown, kind=asked.request.kind)
    await run(RequestActivities(world.deps).reply_to_note, task)

    [body] = world.notes_by_us()
    assert body.startswith("Here.\n\n```json\ncreate_merge_request_note\n")
    assert body.count("word ") == 6_000
