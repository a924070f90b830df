"""Questions: how they are put, who is proven to answer, what hooks missed, and how a comment is replied to."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.exceptions import ApplicationError

from activities.contracts import Ask, FindMissed, Prove, Reply, Scope
from activities.question_texts import diff_block
from activities.requests import RequestActivities
from duo_flows.domain.changes import Change, ChangedFile, Effects
from duo_flows.domain.errors import TryAgain
from duo_flows.domain.inbox import DeliveryKind, NewDelivery
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.received import ReceivedAnswer
from duo_flows.domain.requests import CHOICES, Choice, Request, RequestKind
from duo_flows.domain.sessions import LogKind, SessionStatus
from signals.messages import Answer, Stop
from signals.signatures import sign
from tests.activities.acting import SECRET, refused, run, scope_of
from tests.doubles.world import ACCOUNT, DANIEL, MAYA, SIGNING_KEY, World

DIGEST = "0123456789ab" + "c" * 52
ASKED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEADLINE = ASKED_AT + timedelta(days=7)
WORKFLOW = "session/s1/1"
CHANGE = {
    "ref": "d" * 64,
    "digest": DIGEST,
    "title": "Pin it",
    "branch": "fix",
    "effects": "1 file.",
    "preview": "+pinned",
    "files_changed": 1,
}
DIAGNOSIS = {"root_cause": "It moved.", "evidence": [], "explanation": "x"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def scope(world) -> Scope:
    return await scope_of(world)


# Asking.


async def test_a_key_that_begins_in_one_value_of_a_question_hides_no_other_value(world, scope):
    begin, end = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
    inputs = {"diagnosis": {**DIAGNOSIS, "root_cause": begin}, "change": {**CHANGE, "effects": f"1 file. {end} {SECRET}"}}

    asked = await run(RequestActivities(world.deps).ask_requester, question(scope, inputs=inputs))

    shown = await world.deps.text(asked.message_ref)
    assert ("+pinned" in shown, SECRET in shown) == (True, False)


def question(scope, **fields) -> Ask:
    known = {
        "component": "consent",
        "step": 6,
        "inputs": {"diagnosis": DIAGNOSIS, "change": CHANGE},
        "change": CHANGE,
        "deadline": DEADLINE,
    }
    return Ask(scope=scope, **{**known, **fields})


async def ask(world, task):
    return await run(RequestActivities(world.deps).ask_requester, task)


async def test_a_question_names_the_change_the_requester_and_the_deadline(world, scope):
    asked = await ask(world, question(scope))

    request = asked.request
    assert (request.digest, request.change_ref, request.requester_id) == (DIGEST, CHANGE["ref"], MAYA.id)
    assert (request.deadline, request.choices) == (DEADLINE, CHOICES[RequestKind.APPROVAL])


async def test_a_question_shows_in_the_session_and_in_its_log(world, scope):
    asked = await ask(world, question(scope))

    session = await world.store.sessions.session(scope.session_id)
    assert (session.status, session.waiting.on, session.waiting.digest) == (SessionStatus.INPUT_REQUIRED, "maya", DIGEST)
    assert session.waiting.question_ref == asked.message_ref
    [line] = [line for line in await world.log(scope.session_id) if line.kind is LogKind.REQUEST]
    assert line.data["digest"] == DIGEST


async def test_a_question_put_again_is_the_same_question(world, scope):
    first = await ask(world, question(scope))

    assert await ask(world, question(scope)) == first
    assert len([line for line in await world.log(scope.session_id) if line.kind is LogKind.REQUEST]) == 1


async def test_the_next_question_has_another_number(world, scope):
    first, second = await ask(world, question(scope)), await ask(world, question(scope, step=9))

    assert first.request.id != second.request.id


async def test_the_text_for_gitlab_has_a_line_to_copy_for_every_choice(world, scope):
    asked = await ask(world, question(scope))

    text = await world.deps.text(asked.note_ref)
    assert [f"`@duo {choice} 0123456789ab" in text for choice in CHOICES[RequestKind.APPROVAL]] == [True] * 4
    assert "@maya, answer by 2026-03-08 12:00 UTC" in text
    assert "Without an answer nothing is changed." in text


async def test_no_secret_is_shown_with_a_question(world, scope):
    inputs = {"diagnosis": {**DIAGNOSIS, "root_cause": f"The token {SECRET} expired."}, "change": CHANGE}

    asked = await ask(world, question(scope, inputs=inputs))

    assert SECRET not in await world.deps.text(asked.message_ref)
    assert SECRET not in str(await world.log(scope.session_id))


async def test_where_nothing_is_to_be_applied_the_question_itself_is_answered(world, scope):
    asked = await ask(world, question(scope, change=None))

    assert (len(asked.request.digest), asked.request.change_ref) == (64, "")
    assert Choice.DIFF not in asked.request.choices
    assert (await ask(world, question(scope, change=None, step=9))).request.digest != asked.request.digest


INPUT = """
version: v1
environment: ambient
components:
  - {name: look, type: AgentComponent, prompt_id: p, toolset: []}
  - {name: ask, type: HumanInputComponent, sends_response_to: look, message_template: "Which branch?", interaction_type: input}
prompts: [{prompt_id: p, prompt_template: {system: "x", user: "y"}}]
routers: [{from: look, to: ask}, {from: ask, to: end}]
flow: {entry_point: look}
"""


async def test_a_question_for_words_is_answered_in_words(world):
    scope = await scope_of(world, definition=INPUT)

    asked = await ask(world, question(scope, component="ask", change=None, inputs={}))

    assert (asked.request.kind, asked.request.choices) == (RequestKind.INPUT, (Choice.RESPOND, Choice.CANCEL))
    assert f"- `@duo respond {asked.request.digest[:12]} <your answer>`: tell the agent this" in await world.deps.text(
        asked.note_ref
    )


REVIEW = """
version: v1
environment: ambient
components:
  - {name: plan, type: AgentComponent, prompt_id: p, toolset: []}
  - name: review
    type: HumanInputComponent
    sends_response_to: plan
    inputs: [{from: "context:plan.final_answer", as: proposal}]
    message_template: "The agent has proposed an action. Please review"
prompts: [{prompt_id: p, prompt_template: {system: "x", user: "y"}}]
routers: [{from: plan, to: review}, {from: review, to: end}]
flow: {entry_point: plan}
"""
ANSWERED = "I would close the issue.\n\n@duo apply it"


async def review(world, answer, *, definition=REVIEW):
    scope = await scope_of(world, definition=definition)
    task = question(scope, component="review", change=None, inputs={"proposal": answer}, answer=answer)
    return scope, await ask(world, task)


async def test_a_question_quotes_the_answer_that_it_is_about(world):
    scope, asked = await review(world, ANSWERED)

    quote = "What **plan** answered:\n\n> I would close the issue.\n>\n> @duo apply it\n\nThe agent has proposed"
    assert (await world.deps.text(asked.message_ref)).startswith(quote)
    assert (await world.deps.text(asked.note_ref)).startswith(quote)
    assert Choice.DIFF not in asked.request.choices
    assert "I would close" in str([line.text for line in await world.log(scope.session_id)])


async def test_consent_is_to_the_answer_that_was_quoted(world):
    scope, first = await review(world, ANSWERED)
    task = question(scope, component="review", change=None, answer="Another.")

    assert (await ask(world, task)).request.digest != first.request.digest


@pytest.mark.parametrize("template", ["Is this right? {{ proposal }}", "Shall I {{ proposal | lower }}"])
async def test_an_answer_that_the_message_shows_is_not_quoted_again(world, template):
    definition = REVIEW.replace("The agent has proposed an action. Please review", template)
    _, asked = await review(world, "Close it.", definition=definition)

    assert "What **plan** answered" not in await world.deps.text(asked.note_ref)


async def test_an_agent_that_has_not_answered_is_not_quoted(world):
    _, asked = await review(world, None)

    assert await world.deps.text(asked.message_ref) == "The agent has proposed an action. Please review"


async def test_a_structured_answer_is_quoted_as_json(world):
    _, asked = await review(world, {"action": "close", "why": "```"})

    assert '````json\n{\n  "action": "close",\n  "why": "```"\n}\n````' in await world.deps.text(asked.message_ref)


async def test_no_secret_is_quoted(world):
    scope, asked = await review(world, f"Use {SECRET}.")

    assert SECRET not in await world.deps.text(asked.note_ref) + str(await world.log(scope.session_id))


@pytest.mark.parametrize("answer", ["x" * 5_990 + f" {SECRET} and the end", {"long": "x" * 6_000, "last": "the end"}])
async def test_of_a_long_answer_the_beginning_is_quoted_and_the_whole_can_be_asked_for(world, answer):
    _, asked = await review(world, answer)

    shown = await world.deps.text(asked.message_ref)
    whole = await world.deps.text(asked.request.change_ref)
    assert ("the end" in shown, "the end" in whole, "cut: " in shown) == (False, True, True)
    assert (asked.request.is_text, asked.request.has_change, Choice.DIFF in asked.request.choices) == (True, False, True)
    assert SECRET[:10] not in shown + whole


async def test_a_question_without_a_change_promises_none(world):
    _, asked = await review(world, ANSWERED)

    text = await world.deps.text(asked.note_ref)
    assert ("exactly this change" in text, "nothing is changed" in text) == (False, False)
    assert "`: approve: the flow goes on" in text


@pytest.mark.parametrize("change", [{}, {"ref": "x"}, "a text", [1]])
async def test_a_flow_whose_question_leads_to_no_change_is_told_what_is_wrong(world, scope, change):
    error = await refused(RequestActivities(world.deps).ask_requester, question(scope, change=change))

    assert (error.type, "does not name a stored change" in str(error)) == ("invalid_definition", True)
    assert (await world.store.sessions.session(scope.session_id)).waiting is None


async def test_only_a_component_that_asks_people_can_ask(world, scope):
    error = await refused(RequestActivities(world.deps).ask_requester, question(scope, component="push"))

    assert error.type == "invalid_definition"


# Proving who acts.


def answer(**fields) -> Answer:
    known = {"choice": "apply", "digest": DIGEST, "actor": "maya", "workflow_id": WORKFLOW}
    return Answer.model_validate({**known, **fields})


def by_door(**fields) -> Answer:
    known = {"actor_id": MAYA.id, "door": "gitlab", "event_id": "note:7:1", "received_at": ASKED_AT}
    return sign(answer(**{**known, **fields}), SIGNING_KEY)


async def prove(world, scope, message):
    said = {"answer": message} if isinstance(message, Answer) else {"stop": message}
    task = Prove(scope=scope, workflow_id=WORKFLOW, event_id="e1", first_seen_at=DEADLINE, **said)
    return await run(RequestActivities(world.deps).prove_act, task)


async def test_a_doors_answer_counts_with_the_doors_stamp(world, scope):
    world.allow_unsigned = False

    proven = await prove(world, scope, by_door())

    assert (proven.actor_id, proven.act.received_at, proven.act.door, proven.objection) == (MAYA.id, ASKED_AT, "gitlab", "")


async def test_an_answer_by_hand_counts_with_the_time_it_was_first_seen_and_no_door_of_its_own(world, scope):
    proven = await prove(world, scope, answer(door="gitlab", received_at=ASKED_AT))

    assert (proven.actor, proven.act.received_at, proven.act.door) == ("maya", DEADLINE, "temporal")


async def test_a_number_in_an_answer_by_hand_is_not_believed(world, scope):
    proven = await prove(world, scope, answer(actor="daniel-r", actor_id=MAYA.id))

    assert (proven.actor_id, proven.act.actor_id) == (DANIEL.id, DANIEL.id)


OBJECTIONS = {
    "forged": by_door().model_copy(update={"actor_id": DANIEL.id}),
    "other_workflow": by_door(workflow_id="session/s2/1"),
    "actor_missing": answer(actor=""),
    "not_a_person": answer(actor="duo"),
}


@pytest.mark.parametrize("code", OBJECTIONS)
async def test_an_answer_that_proves_nobody_is_no_act(world, scope, code):
    proven = await prove(world, scope, OBJECTIONS[code])

    assert (proven.code, proven.act, proven.may_steer) == (code, None, False)
    assert proven.objection


async def test_a_blocked_person_decides_nothing(world, scope):
    world.forge.people[MAYA.id] = MAYA.model_copy(update={"is_active": False})

    assert (await prove(world, scope, by_door())).code == "not_a_person"


async def test_an_answer_by_hand_does_not_count_where_only_doors_do(world, scope):
    world.allow_unsigned = False

    assert (await prove(world, scope, answer())).code == "unsigned"


async def test_another_doors_key_proves_nobody(world, scope):
    assert (await prove(world, scope, sign(answer(), b"another key"))).code == "forged"


async def test_a_signed_answer_is_not_a_signed_stop(world, scope):
    signed = by_door()
    fields = {name: getattr(signed, name) for name in Stop.model_fields if name in Answer.model_fields}

    assert (await prove(world, scope, Stop(**fields))).code == "forged"


async def test_who_is_not_known_to_gitlab_proves_nobody(world, scope):
    with pytest.raises(ApplicationError, match="GitLab has no person nobody"):
        await prove(world, scope, answer(actor="nobody"))


@pytest.mark.parametrize(
    ("actor", "level", "may_steer"),
    [
        ("maya", AccessLevel.NONE, True),
        ("daniel-r", AccessLevel.MAINTAINER, True),
        ("daniel-r", AccessLevel.OWNER, True),
        ("daniel-r", AccessLevel.DEVELOPER, False),
        ("mallory", AccessLevel.NONE, False),
    ],
)
async def test_the_requester_and_maintainers_may_stop_a_session(world, scope, actor, level, may_steer):
    world.forge.levels[7, world.forge.people[2].id if actor == "maya" else (await world.forge.person(actor)).id] = level

    proven = await prove(world, scope, Stop(actor=actor))

    assert (proven.may_steer, proven.act) == (may_steer, None)


async def test_a_message_that_says_nothing_proves_nothing(world, scope):
    task = Prove(scope=scope, workflow_id=WORKFLOW, event_id="e1", first_seen_at=DEADLINE)

    assert (await run(RequestActivities(world.deps).prove_act, task)).code == "empty"


async def test_an_outage_is_no_objection(world, scope):
    world.forge.fault = TryAgain("GitLab is down.")

    with pytest.raises(ApplicationError, match="GitLab is down") as caught:
        await prove(world, scope, by_door())

    assert not caught.value.non_retryable


# What hooks missed.

REQUEST = Request(id="r1", requester_id=MAYA.id, requester="maya", digest=DIGEST, deadline=DEADLINE)
APPLY = f"@duo apply {DIGEST[:12]}"


async def missed(world, scope):
    task = FindMissed(scope=scope, request=REQUEST, workflow_id=WORKFLOW, asked_at=ASKED_AT)
    return await run(RequestActivities(world.deps).find_missed_answers, task)


async def test_a_comment_that_no_hook_told_of_is_found_as_its_author_wrote_it(world, scope):
    note = world.comment(MAYA, f"@duo modify {DIGEST[:12]} smaller", at=DEADLINE)

    found = await missed(world, scope)

    [act] = found.acts
    assert (act.actor_id, act.choice, act.text, act.received_at) == (MAYA.id, Choice.MODIFY, "smaller", DEADLINE)
    assert (act.event_id, found.note_ids) == (f"note:7:{note.id}", {act.event_id: note.id})


async def test_a_strangers_comment_is_found_too_and_judged_by_the_rules(world, scope):
    world.comment(DANIEL, APPLY, at=ASKED_AT)

    assert [act.actor_id for act in (await missed(world, scope)).acts] == [DANIEL.id]


async def test_an_edited_comment_is_found_as_edited(world, scope):
    world.comment(MAYA, APPLY, at=ASKED_AT, edited_at=DEADLINE)

    assert [act.is_edited for act in (await missed(world, scope)).acts] == [True]


@pytest.mark.parametrize(
    ("author", "body", "at"),
    [
        (MAYA, APPLY, DEADLINE + timedelta(seconds=1)),
        (MAYA, APPLY, ASKED_AT - timedelta(seconds=1)),
        (MAYA, f"@duo apply {'f' * 12}", ASKED_AT),
        (MAYA, "@duo apply", ASKED_AT),
        (MAYA, "@duo help", ASKED_AT),
        (MAYA, f"@other apply {DIGEST[:12]}", ASKED_AT),
        (MAYA, f"> {APPLY}", ASKED_AT),
        (ACCOUNT, APPLY, ASKED_AT),
    ],
)
async def test_what_is_no_answer_to_this_question_is_not_found(world, scope, author, body, at):
    world.comment(author, body, at=at)

    assert (await missed(world, scope)).acts == ()


async def delivered(world, scope, *, at=ASKED_AT, **changed):
    received = ReceivedAnswer(
        event_id="api:1", actor="maya", actor_id=MAYA.id, door="api", workflow_id=WORKFLOW, choice=Choice.APPLY, digest=DIGEST
    )
    body = {**received.model_dump(mode="json"), **changed}
    new = NewDelivery(
        key="api:1", kind=DeliveryKind.API, event="answer", project_id=7, body=body, session_id=scope.session_id, received_at=at
    )
    await world.store.inbox.put(new)


async def test_an_answer_that_waits_in_the_inbox_is_found_with_its_stamp(world, scope):
    await delivered(world, scope, at=DEADLINE)

    [act] = (await missed(world, scope)).acts
    assert (act.event_id, act.received_at, act.door) == ("api:1", DEADLINE, "api")


@pytest.mark.parametrize("is_now", [{"is_active": False}, {"is_bot": True}], ids=["blocked", "a bot"])
async def test_who_decides_nothing_is_not_found_to_have_answered(world, scope, is_now):
    world.comment(MAYA, APPLY, at=ASKED_AT)
    await delivered(world, scope)
    world.comment(DANIEL, APPLY, at=ASKED_AT)
    world.forge.people[MAYA.id] = MAYA.model_copy(update=is_now)

    assert [act.actor for act in (await missed(world, scope)).acts] == [DANIEL.username]


@pytest.mark.parametrize(
    "changed", [{"at": DEADLINE + timedelta(seconds=1)}, {"workflow_id": "session/s1/2"}, {"choice": "no such choice"}]
)
async def test_what_waits_in_the_inbox_for_something_else_is_left_there(world, scope, changed):
    await delivered(world, scope, **changed)

    assert (await missed(world, scope)).acts == ()


async def test_answers_come_in_the_order_in_which_they_were_given(world, scope):
    await delivered(world, scope, at=ASKED_AT + timedelta(hours=2))
    world.comment(MAYA, APPLY, at=ASKED_AT + timedelta(hours=3))
    world.comment(DANIEL, APPLY, at=ASKED_AT + timedelta(hours=1))

    assert [act.actor for act in (await missed(world, scope)).acts] == ["daniel-r", "maya", "maya"]


async def test_a_session_without_an_item_has_no_comments_to_read(world, scope):
    world.comment(MAYA, APPLY, at=ASKED_AT)

    assert (await missed(world, scope.model_copy(update={"merge_request_iid": None}))).acts == ()


# Replying.


async def reply(world, scope, **fields):
    await run(RequestActivities(world.deps).reply_to_note, Reply(scope=scope, **fields))


async def stored_change(world, diff) -> str:
    effects = Effects(project_id=7, project_path="p", branch="b", paths=("a",), files_changed=1, lines_added=1, lines_removed=0)
    change = Change(
        project_id=7,
        project_path="p",
        branch="b",
        base_sha="a" * 40,
        title="t",
        files=(ChangedFile(path="a", content="x"),),
        effects=effects,
        diff=diff,
    )
    return await world.deps.contents.put(change.sealed().model_dump_json().encode())


async def test_a_reply_is_written_once(world, scope):
    note = world.comment(MAYA, APPLY, at=ASKED_AT)

    await reply(world, scope, note_id=note.id, text="Accepted.")
    await reply(world, scope, note_id=note.id, text="Accepted.")

    assert world.notes_by_us() == ["Accepted."]


async def test_a_reply_to_a_comment_that_is_gone_is_given_up(world, scope):
    error = await refused(RequestActivities(world.deps).reply_to_note, Reply(scope=scope, note_id=404, text="Accepted."))

    assert (error.type, world.notes_by_us()) == ("not_found", [])


async def test_a_session_without_an_item_replies_nowhere(world, scope):
    await reply(world, scope.model_copy(update={"merge_request_iid": None}), note_id=404, text="Accepted.")

    assert world.notes_by_us() == []


async def test_a_diff_of_markdown_stays_inside_its_block(world, scope):
    note = world.comment(MAYA, APPLY, at=ASKED_AT)
    diff = "+````text\n+a fence\n+`````\n"

    await reply(world, scope, note_id=note.id, text="Here it is.", change_ref=await stored_change(world, diff))

    assert world.notes_by_us() == [f"Here it is.\n\n``````diff\n{diff}\n``````"]


async def test_a_diff_that_is_too_long_for_a_comment_is_cut_and_says_so(world, scope):
    note = world.comment(MAYA, APPLY, at=ASKED_AT)

    await reply(world, scope, note_id=note.id, text="x", change_ref=await stored_change(world, "+" * 70_000))

    [body] = world.notes_by_us()
    assert "[cut: 10000 more characters]" in body
    assert body.endswith("\n```")


@given(st.text("`~ +\na", max_size=60), st.integers(0, 70))
def test_no_diff_closes_its_own_block(diff, limit):
    block = diff_block(diff, limit=limit)
    opening, *inside, closing = block.split("\n")

    assert re.fullmatch(r"`{3,}diff", opening)
    assert closing == opening.removesuffix("diff")
    assert not any(line.strip().startswith(closing) for line in inside)
