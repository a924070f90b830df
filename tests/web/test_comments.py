"""Commands in comments: what is done, what is refused with which words, and that a comment acts once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from duo_flows.domain.errors import TryAgain
from duo_flows.domain.inbox import DeliveryState
from duo_flows.domain.people import Person
from duo_flows.domain.requests import Choice
from duo_flows.domain.session_ids import session_id_of
from duo_flows.domain.sessions import LogKind
from duo_flows.web.hook_payloads import NoteHint
from signals.messages import AnswerResult, Pause, Resume, Stop
from signals.names import workflow_id_of
from signals.signatures import is_signed
from tests.web.a_door import ACCOUNT, ALICE, BOB, BOT, GUEST, MARY, NOON, PIPELINE_URL, SIGNING_KEY, STRANGER, Door, note_hook

FIX_SESSION = session_id_of("note:7:100")


async def test_fix_starts_one_signed_session_for_the_author(door: Door) -> None:
    await door.comment(ALICE, "@duo fix this please")

    flow, message = door.runtime.started[workflow_id_of(FIX_SESSION, 1)]
    assert flow == "fix_pipeline"
    assert (message.project, message.requester, message.pipeline_id, message.merge_request_iid) == (7, 1, 42, 3)
    assert (message.goal, message.trigger) == (PIPELINE_URL, "mention")
    assert is_signed(message, SIGNING_KEY.encode())
    assert (await door.store.sessions.session(FIX_SESSION)).requester == "alice"
    assert FIX_SESSION in door.reply_to()


async def test_the_same_comment_told_of_twice_starts_once(door: Door) -> None:
    await door.comment(ALICE, "@duo fix")
    await door.hook(note_hook(door.forge.notes_by_id[100]), key="a resend with a key of its own")

    await door.drain()

    assert len(door.runtime.started) == 1
    assert [delivery.outcome for delivery in door.store.inbox._deliveries.values()] == ["kept as a command", "fix", "known already"]


async def test_a_start_that_temporal_did_not_take_is_tried_again_and_leaves_no_session_meanwhile(door: Door) -> None:
    door.runtime.fault = TryAgain("Temporal does not answer.")
    await door.comment(ALICE, "@duo fix")
    assert await door.store.sessions.session_of_workflow(workflow_id_of(FIX_SESSION, 1)) is None
    door.runtime.fault = None
    door.clock.move(seconds=2)

    await door.drain()

    assert len(door.runtime.started) == 1


@pytest.mark.parametrize("person", [GUEST, STRANGER], ids=lambda person: person.username)
async def test_who_is_no_developer_cannot_ask_for_a_fix_and_is_told(door: Door, person: Person) -> None:
    await door.comment(person, "@duo fix")

    assert "Developer role" in door.reply_to()
    assert door.nothing_reached_a_workflow()


@pytest.mark.parametrize("person", [BOT, ACCOUNT], ids=lambda person: person.username)
async def test_bots_and_the_account_itself_are_not_listened_to(door: Door, person: Person) -> None:
    await door.comment(person, "@duo fix")

    assert door.reply_to() == ""
    assert door.nothing_reached_a_workflow()


async def test_system_notes_are_not_listened_to(door: Door) -> None:
    door.write(ALICE, "@duo fix", is_system=True)
    payload = note_hook(door.forge.notes_by_id[100].model_copy(update={"is_system": False}))

    await door.hook(payload)
    await door.drain()

    assert door.nothing_reached_a_workflow()


async def test_what_the_hook_claims_does_not_count_against_what_gitlab_says(door: Door) -> None:
    note = door.write(ALICE, "Looks good, @duo fixed it")

    await door.hook(note_hook(note.model_copy(update={"body": "@duo fix", "author": MARY})))
    await door.drain()

    assert door.nothing_reached_a_workflow()
    assert door.reply_to() == ""


async def test_an_edited_comment_does_not_count_and_says_so(door: Door) -> None:
    await door.comment(ALICE, "@duo fix", updated_at=NOON + timedelta(minutes=1))

    assert "edited" in door.reply_to()
    assert door.nothing_reached_a_workflow()


async def test_editing_a_comment_after_it_was_obeyed_changes_nothing(door: Door) -> None:
    await door.comment(ALICE, "@duo fix")
    reply = door.reply_to()

    await door.comment(ALICE, "@duo fix something else", updated_at=NOON + timedelta(minutes=1))

    assert door.reply_to() == reply
    assert len(door.runtime.started) == 1


async def test_an_edited_answer_is_refused_in_the_session_log_too(door: Door) -> None:
    question = await door.a_question()

    await door.comment(ALICE, f"@duo apply {question.digest[:12]}", updated_at=NOON + timedelta(minutes=1))

    assert "edited" in door.reply_to()
    assert await door.refusals() == ["edited_comment"]
    assert door.nothing_reached_a_workflow()


async def test_a_second_fix_for_a_pipeline_is_told_of_the_first(door: Door) -> None:
    await door.a_session()

    await door.comment(BOB, "@duo fix")

    assert "Session `s1` of @alice is at work on that pipeline already." in door.reply_to()
    assert door.nothing_reached_a_workflow()


async def test_two_who_ask_at_once_get_one_session(door: Door) -> None:
    await door.hook(note_hook(door.write(ALICE, "@duo fix")), key="1")
    await door.hook(note_hook(door.write(BOB, "@duo fix", number=101)), key="2")

    await door.drain()

    assert len(door.runtime.started) == 1
    assert "at work on that pipeline already" in door.reply_to(100) + door.reply_to(101)


async def test_a_failed_merged_result_is_the_pipeline_to_fix(door: Door) -> None:
    ours = door.forge.pipelines_by_id[42].model_copy(update={"status": "success"})
    merged = ours.model_copy(update={"id": 43, "sha": "b" * 40, "ref": "refs/merge-requests/3/merge", "status": "failed"})
    door.forge.pipelines_by_id = {42: ours, 43: merged}

    await door.comment(ALICE, "@duo fix")

    [(_flow, message)] = door.runtime.started.values()
    assert message.pipeline_id == 43


async def test_a_merge_request_without_a_failed_pipeline_is_told_so(door: Door) -> None:
    door.forge.pipelines_by_id[42] = door.forge.pipelines_by_id[42].model_copy(update={"status": "running"})

    await door.comment(ALICE, "@duo fix")

    assert "The newest is running." in door.reply_to()
    assert door.nothing_reached_a_workflow()


async def test_a_merge_request_of_a_fork_is_told_why_not(door: Door) -> None:
    door.forge.merge_requests_by_iid[7, 3] = door.forge.merge_requests_by_iid[7, 3].model_copy(update={"source_project_id": 99})

    await door.comment(ALICE, "@duo fix")

    assert "fork" in door.reply_to()
    assert door.nothing_reached_a_workflow()


@pytest.mark.parametrize(
    ("line", "choice", "text"),
    [
        ("apply {}", Choice.APPLY, ""),
        ("DIFF {}", Choice.DIFF, ""),
        ("cancel {} never mind", Choice.CANCEL, "never mind"),
        ("modify {} use UTC\n\n```py\nx\n```", Choice.MODIFY, "use UTC\n\n```py\nx\n```"),
    ],
)
async def test_an_answer_reaches_its_workflow_signed_and_stamped_with_gitlabs_time(
    door: Door, line: str, choice: Choice, text: str
) -> None:
    question = await door.a_question()

    await door.comment(ALICE, "@duo " + line.format(question.digest[:12]))

    [(workflow_id, answer)] = door.runtime.answers
    assert (workflow_id, answer.workflow_id) == ("session/s1/1", "session/s1/1")
    assert (answer.choice, answer.text, answer.digest) == (choice, text, question.digest[:12])
    assert (answer.actor, answer.actor_id, answer.door) == ("alice", 1, "gitlab")
    assert (answer.event_id, answer.note_id, answer.received_at) == ("note:7:100", 100, NOON)
    assert is_signed(answer, SIGNING_KEY.encode())
    assert door.reply_to() == ""


async def test_a_strangers_answer_reaches_the_workflow_as_the_strangers(door: Door) -> None:
    question = await door.a_question()

    await door.comment(STRANGER, f"@duo apply {question.digest[:12]}")

    assert [answer.actor_id for _, answer in door.runtime.answers] == [STRANGER.id]


async def test_an_answer_that_waits_in_the_inbox_names_its_session(door: Door) -> None:
    question = await door.a_question()
    note = door.write(ALICE, f"@duo apply {question.digest[:12]}")
    await door.hook(note_hook(note))

    await door.app.state.dispatcher.work_once()

    [waiting] = await door.store.inbox.waiting_for_session("s1", received_by=NOON)
    assert (waiting.key, waiting.received_at) == ("note:7:100", NOON)


async def test_an_answer_without_digest_is_given_the_line_to_copy(door: Door) -> None:
    question = await door.a_question()

    await door.comment(ALICE, "@duo apply")

    assert f"\n@duo apply {question.digest[:12]}\n" in door.reply_to()
    assert door.nothing_reached_a_workflow()


async def test_an_answer_to_another_digest_is_told_the_present_one(door: Door) -> None:
    question = await door.a_question()
    door.clock.move(minutes=1)

    await door.comment(ALICE, "@duo apply 0123456789ab", at=NOON)

    assert "No question here has the digest 0123456789ab" in door.reply_to()
    assert f"\n@duo apply {question.digest[:12]}\n" in door.reply_to()
    assert door.nothing_reached_a_workflow()


async def test_an_answer_where_nothing_is_asked_is_told_so(door: Door) -> None:
    await door.comment(ALICE, "@duo apply 0123456789ab")

    assert "no open question" in door.reply_to()
    assert door.nothing_reached_a_workflow()


async def test_an_answer_that_is_faster_than_the_store_is_looked_at_again(door: Door) -> None:
    await door.a_session()
    digest = (await door.a_question("other", merge_request_iid=4)).digest
    await door.comment(ALICE, f"@duo apply {digest[:12]}")
    assert door.reply_to() == ""
    await door.a_question("late")
    door.clock.move(seconds=2)

    await door.drain()

    assert [workflow_id for workflow_id, _ in door.runtime.answers] == ["session/late/1"]


async def test_an_answer_to_a_session_that_is_over_is_refused_and_logged_once(door: Door) -> None:
    question = await door.a_question()
    await door.end()

    await door.comment(ALICE, f"@duo apply {question.digest[:12]}")

    assert "is over" in door.reply_to()
    assert await door.refusals() == ["session_ended"]
    assert door.nothing_reached_a_workflow()


async def test_an_answer_to_a_workflow_that_ended_unseen_is_refused_too(door: Door) -> None:
    question = await door.a_question()
    door.runtime.is_over = True

    await door.comment(ALICE, f"@duo apply {question.digest[:12]}")

    assert "is over" in door.reply_to()
    assert await door.refusals() == ["session_ended"]


async def test_an_unknown_word_is_answered_with_the_list(door: Door) -> None:
    await door.comment(ALICE, "@duo thanks!")

    assert "`@duo apply <digest>`" in door.reply_to()
    assert door.nothing_reached_a_workflow()


async def test_help_lists_the_commands(door: Door) -> None:
    await door.comment(STRANGER, "@duo help")

    assert "`@duo fix`" in door.reply_to()


@pytest.mark.parametrize("form", [Stop, Pause, Resume])
@pytest.mark.parametrize("person", [ALICE, MARY], ids=lambda person: person.username)
async def test_requester_and_maintainers_can_stop_pause_and_resume(door: Door, person: Person, form: type[Stop]) -> None:
    await door.a_session()
    door.runtime.result = AnswerResult(is_accepted=True, code="taken", reason="Taken by the workflow.")

    await door.comment(person, f"@duo {form.__name__.lower()}")

    [(workflow_id, message)] = door.runtime.steered
    assert (type(message), workflow_id, message.actor_id, message.event_id) == (form, "session/s1/1", person.id, "note:7:100")
    assert is_signed(message, SIGNING_KEY.encode())
    assert "Session `s1`: Taken by the workflow." in door.reply_to()


@pytest.mark.parametrize("verb", ["stop", "pause", "resume"])
@pytest.mark.parametrize("person", [BOB, GUEST, STRANGER], ids=lambda person: person.username)
async def test_others_cannot_stop_pause_or_resume(door: Door, person: Person, verb: str) -> None:
    await door.a_session()

    await door.comment(person, f"@duo {verb}")

    assert door.reply_to() != ""
    assert door.nothing_reached_a_workflow()


async def test_stop_asks_which_where_two_sessions_are_at_work(door: Door) -> None:
    await door.a_session("s1")
    await door.a_session("s2")

    await door.comment(ALICE, "@duo stop")
    await door.comment(ALICE, "@duo stop s2", number=101)

    assert "`stop <id>`" in door.reply_to()
    assert [workflow_id for workflow_id, _ in door.runtime.steered] == ["session/s2/1"]


async def test_retry_starts_the_next_run_once(door: Door) -> None:
    await door.a_session()
    await door.end()
    await door.comment(ALICE, "@duo retry")
    door.forge.posted.clear()

    await door.app.state.dispatcher._deliveries._comments.obey(hint(door))

    [(workflow_id, (_flow, message))] = door.runtime.started.items()
    assert (workflow_id, message.run, message.session_id) == ("session/s1/2", 2, "s1")
    assert is_signed(message, SIGNING_KEY.encode())
    assert "run 2" in door.reply_to()


def hint(door: Door) -> NoteHint:
    note = door.forge.notes_by_id[100]
    return NoteHint(target=note.target, note_id=note.id)


async def test_only_the_requester_can_retry(door: Door) -> None:
    await door.a_session()
    await door.end()

    await door.comment(BOB, "@duo retry")

    assert "no session here" in door.reply_to()
    assert door.nothing_reached_a_workflow()
    assert (await door.store.sessions.session("s1")).run == 1


async def test_a_session_at_work_is_not_retried(door: Door) -> None:
    await door.a_session()

    await door.comment(ALICE, "@duo retry")

    assert "only one that is over" in door.reply_to()
    assert door.nothing_reached_a_workflow()


async def test_gitlab_being_away_is_waited_for_and_given_up_in_the_end(door: Door) -> None:
    door.forge.fault = TryAgain("GitLab is away.")
    await door.comment(ALICE, "@duo fix")
    [delivery] = door.store.inbox._deliveries.values()
    assert (delivery.state, delivery.attempts, delivery.outcome) == (DeliveryState.WAITING, 1, "GitLab is away.")
    door.store.inbox._deliveries[delivery.id] = delivery.model_copy(update={"attempts": 19})
    door.clock.move(minutes=5)

    await door.drain()

    [delivery] = door.store.inbox._deliveries.values()
    assert (delivery.state, delivery.outcome) == (DeliveryState.GIVEN_UP, "after 20 tries: GitLab is away.")


async def test_a_fault_of_ours_is_named_and_its_text_is_not_kept(door: Door) -> None:
    door.forge.fault = ValueError("hunter2")

    await door.comment(ALICE, "@duo fix")

    [delivery] = door.store.inbox._deliveries.values()
    assert delivery.state is DeliveryState.WAITING
    assert delivery.outcome.startswith("ValueError in ")
    assert "hunter2" not in delivery.outcome


async def test_a_missed_answer_is_found_by_reading_and_acts_once(door: Door) -> None:
    question = await door.a_question()
    door.write(ALICE, f"@duo apply {question.digest[:12]}")

    found = await door.app.state.reconciler.reconcile_once()
    await door.drain()
    again = await door.app.state.reconciler.reconcile_once()
    await door.comment(ALICE, f"@duo apply {question.digest[:12]}")

    assert (found, again) == (1, 0)
    assert len(door.runtime.answers) == 1


async def test_comments_of_items_without_an_open_question_are_not_read(door: Door) -> None:
    await door.a_session()
    door.write(ALICE, "@duo stop")

    assert await door.app.state.reconciler.reconcile_once() == 0


async def test_an_item_that_cannot_be_read_does_not_hide_the_others(door: Door) -> None:
    await door.a_question()
    door.forge.fault = TryAgain("GitLab is away.")

    assert await door.app.state.reconciler.reconcile_once() == 0


async def test_a_retry_is_told_in_the_log(door: Door) -> None:
    await door.a_session()
    await door.end()

    await door.comment(ALICE, "@duo retry")

    assert [(line.kind, line.text) for line in await door.log()] == [(LogKind.NOTE, "Run 1 is retried.")]
