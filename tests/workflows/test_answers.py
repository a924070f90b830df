"""Answers on their way through a running flow: what counts, what is refused with its reason, and what survives."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.inbox import DeliveryKind, NewDelivery
from duo_flows.domain.received import ReceivedAnswer
from duo_flows.domain.requests import Choice
from duo_flows.domain.sessions import Ending, LogKind, SessionStatus
from signals.messages import Answer, AnswerResult
from signals.signatures import sign
from tests.doubles.world import DANIEL, MALLORY, MAYA, SIGNING_KEY, RunningFlow, World, running, serving

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


async def signed(flow: RunningFlow, **fields: object) -> Answer:
    """Return an answer as a door signs it."""
    asked = await flow.question()
    message = Answer.model_validate(
        {
            "choice": "apply",
            "digest": asked["digest"][:12],
            "actor": "maya",
            "actor_id": MAYA.id,
            "door": "gitlab",
            "event_id": "note:7:901",
            "received_at": datetime.now(UTC),
            "workflow_id": flow.handle.id,
            **fields,
        }
    )
    return sign(message, SIGNING_KEY)


async def send(flow: RunningFlow, answer: Answer) -> AnswerResult:
    return await flow.handle.execute_update("submit_answer", answer, result_type=AnswerResult)


async def refused_and_still_open(flow: RunningFlow, result: AnswerResult, code: str) -> None:
    """Check the pair of every refusal: its reason, and that nothing changed."""
    assert (result.is_accepted, result.code) == (False, code)
    session = await flow.session()
    assert session.status is SessionStatus.INPUT_REQUIRED
    assert flow.world.repository.pushed == []
    refusals = [line for line in await flow.world.log(session.id) if line.kind is LogKind.REFUSAL]
    assert refusals[-1].text == result.reason


async def test_somebody_else_s_answer_is_refused(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        result = await flow.answer("apply", actor="daniel-r")

        await refused_and_still_open(flow, result, "not_the_requester")
        assert "Only @maya" in result.reason


async def test_a_stale_digest_is_refused(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        await refused_and_still_open(flow, await flow.answer("apply", digest="0" * 12), "stale_digest")


async def test_an_answer_without_a_digest_is_refused(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        await refused_and_still_open(flow, await flow.answer("apply", digest=""), "digest_missing")


async def test_an_answer_to_another_request_is_refused(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        await refused_and_still_open(flow, await flow.answer("apply", request_id="another"), "other_request")


async def test_an_edited_comment_is_refused(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        result = await send(flow, await signed(flow, is_edited=True))

        await refused_and_still_open(flow, result, "edited_comment")


async def test_an_answer_after_the_deadline_is_refused(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        late = datetime.now(UTC) + timedelta(days=8)

        await refused_and_still_open(flow, await send(flow, await signed(flow, received_at=late)), "too_late")


async def test_a_forged_signature_is_refused(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        forged = (await signed(flow)).model_copy(update={"received_at": datetime(2020, 1, 1, tzinfo=UTC)})

        await refused_and_still_open(flow, await send(flow, forged), "forged")


async def test_a_signature_for_another_run_is_refused(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        await refused_and_still_open(flow, await send(flow, await signed(flow, workflow_id="another")), "other_workflow")


async def test_an_unsigned_answer_is_refused_where_the_operator_does_not_allow_it(temporal: WorkflowEnvironment):
    world = World()
    async with running(temporal, world) as flow:
        await flow.question()
        # The start was allowed; the answers are served by a worker with the operator's stricter choice.
        world.allow_unsigned = False
    async with serving(temporal, world, flow):
        await refused_and_still_open(flow, await flow.answer("apply"), "unsigned")


async def test_a_second_answer_is_refused_and_the_first_stands(temporal: WorkflowEnvironment):
    async with running(temporal, World(statuses_after_push=["running"])) as flow:
        asked = await flow.question()
        await flow.answer("apply")
        second = Answer(choice=Choice.CANCEL, digest=asked["digest"], actor="maya")
        result = await send(flow, second)

        assert (result.is_accepted, result.code) == (False, "nothing_asked")
        assert len(flow.world.repository.pushed) == 1


async def test_the_same_event_counts_once_and_gets_the_same_result(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        answer = await signed(flow, choice="diff")
        first, again = await asyncio.gather(send(flow, answer), send(flow, answer))

        assert first == again
        log = await flow.world.log((await flow.session()).id)
        assert len([line for line in log if line.kind is LogKind.ANSWER]) == 1


async def test_the_full_diff_leaves_the_question_open(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        result = await flow.answer("diff")

        assert result.is_accepted
        assert result.change_ref
        assert (await flow.session()).status is SessionStatus.INPUT_REQUIRED


async def test_of_many_answers_at_once_one_is_accepted(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        answers = [await signed(flow, choice=choice, event_id=f"api:{n}") for n, choice in enumerate(["apply", "cancel"] * 5)]
        results = await asyncio.gather(*(send(flow, answer) for answer in answers))
        await flow.ending()

        assert len([result for result in results if result.is_accepted]) == 1


async def test_an_early_answer_is_refused_and_the_question_is_asked_all_the_same(temporal: WorkflowEnvironment):
    async with running(temporal, World()) as flow:
        await flow.handle.signal("answer", Answer(choice=Choice.APPLY, digest="0" * 12, actor="maya"))
        await flow.question()

        log = await flow.world.log((await flow.session()).id)
        assert any(line.kind is LogKind.REFUSAL for line in log)


async def test_a_comment_made_in_time_is_found_before_the_question_expires(temporal: WorkflowEnvironment):
    world = World()
    async with running(temporal, world) as flow:
        asked = await flow.question()
        world.comment(MAYA, f"@duo apply {asked['digest'][:12]}", at=datetime.now(UTC))
        await temporal.fast_forward(flow.handle, timedelta(days=7, minutes=1))

        assert (await flow.ending())["ending"] == Ending.DONE
        assert "Accepted" in world.notes_by_us()[1]


async def test_a_comment_by_somebody_else_does_not_keep_the_question_from_expiring(temporal: WorkflowEnvironment):
    world = World()
    async with running(temporal, world) as flow:
        asked = await flow.question()
        world.comment(DANIEL, f"@duo apply {asked['digest'][:12]}", at=datetime.now(UTC))
        world.comment(MALLORY, f"@duo apply {asked['digest'][:12]}", at=datetime.now(UTC))
        await temporal.fast_forward(flow.handle, timedelta(days=7, minutes=1))

        assert (await flow.ending())["ending"] == Ending.EXPIRED
        assert world.repository.pushed == []


async def test_a_comment_after_the_deadline_does_not_count(temporal: WorkflowEnvironment):
    world = World()
    async with running(temporal, world) as flow:
        asked = await flow.question()
        world.comment(MAYA, f"@duo apply {asked['digest'][:12]}", at=datetime.now(UTC) + timedelta(days=7, seconds=30))
        await temporal.fast_forward(flow.handle, timedelta(days=7, minutes=1))

        assert (await flow.ending())["ending"] == Ending.EXPIRED


async def test_an_answer_that_the_api_kept_in_time_is_found_before_the_question_expires(temporal: WorkflowEnvironment):
    world = World()
    async with running(temporal, world) as flow:
        asked = await flow.question()
        session = await flow.session()
        received = ReceivedAnswer(
            event_id="api:1",
            actor="maya",
            actor_id=MAYA.id,
            door="api",
            workflow_id=flow.handle.id,
            choice=Choice.APPLY,
            digest=asked["digest"],
        )
        await world.store.inbox.put(
            NewDelivery(
                key="api:1",
                kind=DeliveryKind.API,
                event="answer",
                project_id=7,
                body=received.model_dump(mode="json"),
                session_id=session.id,
                received_at=datetime.now(UTC),
            )
        )
        await temporal.fast_forward(flow.handle, timedelta(days=7, minutes=1))

        assert (await flow.ending())["ending"] == Ending.DONE
