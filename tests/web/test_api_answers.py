"""Answers over the API: kept first, asked then; refused with the reason, in the log too; never lost."""

from __future__ import annotations

import pytest

from duo_flows.domain.inbox import Delivery, DeliveryState
from duo_flows.domain.people import Person
from duo_flows.domain.received import ReceivedAnswer
from duo_flows.domain.requests import Choice
from duo_flows.domain.sessions import LogKind, NewLogEntry
from signals.messages import AnswerResult
from signals.signatures import is_signed
from tests.web.a_door import ALICE, BOB, BOT, GUEST, MARY, NOON, REPORTER, SIGNING_KEY, STRANGER, Door

ACCEPTED = AnswerResult(is_accepted=True, code="apply", reason="Accepted.")
LATE = AnswerResult(is_accepted=False, code="too_late", reason="The answer came after the deadline.")


async def give(door: Door, person: Person, *, key: str = "", **given: str):
    """Answer the question of session s1."""
    waiting = (await door.store.sessions.session("s1")).waiting
    body = {"choice": "apply", "digest": waiting.digest[:12] if waiting else "0" * 12} | given
    return await door.call(person, "POST", "/sessions/s1/answer", json=body, headers={"Idempotency-Key": key} if key else {})


def kept(door: Door) -> list[Delivery]:
    return list(door.store.inbox._deliveries.values())


async def test_an_accepted_answer_gives_the_result(door: Door) -> None:
    question = await door.a_question()
    door.runtime.result = ACCEPTED

    response = await give(door, ALICE)

    [answer] = door.runtime.asked
    [delivery] = kept(door)
    assert (response.status_code, response.json()["code"]) == (200, "apply")
    assert (answer.choice, answer.digest, answer.actor_id, answer.door) == (Choice.APPLY, question.digest[:12], ALICE.id, "api")
    assert (answer.received_at, answer.workflow_id, answer.event_id) == (NOON, "session/s1/1", delivery.key)
    assert is_signed(answer, SIGNING_KEY.encode())
    assert (delivery.state, delivery.outcome) == (DeliveryState.DONE, "apply")


async def test_an_answer_that_the_workflow_refuses_gives_its_reason(door: Door) -> None:
    await door.a_question()
    door.runtime.result = LATE

    response = await give(door, ALICE)

    assert (response.status_code, response.json()["code"]) == (409, "too_late")
    assert response.json()["detail"] == LATE.reason
    assert kept(door)[0].state is DeliveryState.DONE


async def test_an_answer_that_no_worker_takes_is_kept_and_delivered_later_as_of_then(door: Door) -> None:
    await door.a_question()

    response = await give(door, ALICE)
    door.clock.move(minutes=3)
    await door.drain()

    [(workflow_id, answer)] = door.runtime.answers
    assert (response.status_code, response.json()["status"]) == (202, "received")
    assert "it will be applied" in response.json()["detail"]
    assert (workflow_id, answer.received_at) == ("session/s1/1", NOON)
    assert is_signed(answer, SIGNING_KEY.encode())
    assert kept(door)[0].state is DeliveryState.DONE


async def test_an_answer_in_the_inbox_can_be_found_by_its_session_and_read(door: Door) -> None:
    await door.a_question()
    await give(door, ALICE, choice="modify", text="use UTC")

    [delivery] = await door.store.inbox.waiting_for_session("s1", received_by=NOON)

    act = ReceivedAnswer.model_validate(delivery.body).as_act(delivery.received_at)
    assert (act.event_id, act.choice, act.text, act.actor_id) == (delivery.key, Choice.MODIFY, "use UTC", ALICE.id)


async def test_the_dispatcher_leaves_an_answer_alone_while_the_api_asks(door: Door) -> None:
    await door.a_question()
    await give(door, ALICE)

    await door.drain()

    assert door.runtime.answers == []
    assert kept(door)[0].state is DeliveryState.WAITING


async def test_an_answer_whose_session_ended_meanwhile_is_refused_in_the_log(door: Door) -> None:
    await door.a_question()
    await give(door, ALICE)
    await door.end()
    door.clock.move(minutes=3)

    await door.drain()

    assert await door.refusals() == ["session_ended"]
    assert door.runtime.answers == []


async def test_an_answer_that_ended_the_session_itself_is_not_refused_afterwards(door: Door) -> None:
    await door.a_question()
    event_id = (await give(door, ALICE, choice="cancel")).json()["event_id"]
    told = NewLogEntry(key="run1/9", kind=LogKind.ANSWER, text="@alice answered cancel.", data={"event_id": event_id})
    await door.store.sessions.append("s1", 1, [told])
    await door.end()
    door.clock.move(minutes=3)

    await door.drain()

    assert await door.refusals() == []


async def test_an_answer_sent_again_after_it_ended_the_session_is_told_so(door: Door) -> None:
    digest = (await door.a_question()).digest[:12]
    event_id = (await give(door, ALICE, key="k", choice="cancel")).json()["event_id"]
    told = NewLogEntry(key="run1/9", kind=LogKind.ANSWER, text="@alice answered cancel.", data={"event_id": event_id})
    await door.store.sessions.append("s1", 1, [told])
    await door.end()

    response = await give(door, ALICE, key="k", choice="cancel", digest=digest)

    assert (response.status_code, response.json()["code"]) == (200, "accepted_before")
    assert await door.refusals() == []


async def test_an_answer_to_an_earlier_run_does_not_reach_the_next_one(door: Door) -> None:
    await door.a_question()
    await give(door, ALICE)
    await door.end()
    await door.store.sessions.start_next_run("s1", after=1)
    door.clock.move(minutes=3)

    await door.drain()

    assert door.runtime.answers == []
    assert await door.refusals() == ["session_ended"]


@pytest.mark.parametrize("person", [BOB, MARY, REPORTER, BOT], ids=lambda person: person.username)
async def test_only_the_requester_decides_and_others_are_told_and_noted(door: Door, person: Person) -> None:
    await door.a_question()

    response = await give(door, person)

    assert (response.status_code, response.json()["code"]) == (403, "not_the_requester")
    assert "Only @alice" in response.json()["detail"]
    assert await door.refusals() == ["not_the_requester"]
    assert door.nothing_reached_a_workflow()
    assert kept(door) == []


@pytest.mark.parametrize("person", [GUEST, STRANGER], ids=lambda person: person.username)
async def test_who_may_not_read_the_session_cannot_tell_that_it_is_there(door: Door, person: Person) -> None:
    await door.a_question()

    response = await give(door, person)

    assert response.status_code == 404
    assert door.nothing_reached_a_workflow()
    assert await door.refusals() == []


async def test_a_session_that_is_over_takes_no_answer(door: Door) -> None:
    await door.a_question()
    await door.end()

    response = await give(door, ALICE)

    assert (response.status_code, response.json()["code"]) == (409, "session_ended")
    assert await door.refusals() == ["session_ended"]
    assert door.nothing_reached_a_workflow()


async def test_a_workflow_that_ended_unseen_takes_no_answer_either(door: Door) -> None:
    await door.a_question()
    door.runtime.is_over = True

    response = await give(door, ALICE)

    assert (response.status_code, response.json()["code"]) == (409, "session_ended")
    assert await door.refusals() == ["session_ended"]
    assert kept(door)[0].state is DeliveryState.DONE


@pytest.mark.parametrize("given", [{"digest": "abc"}, {"digest": "not-hex-at-all"}, {"choice": "yes"}, {"text": "x" * 20_001}])
async def test_an_answer_that_is_not_right_is_refused_before_anything_is_kept(door: Door, given: dict) -> None:
    await door.a_question()

    response = await give(door, ALICE, **given)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert kept(door) == []
    assert door.nothing_reached_a_workflow()


async def test_the_same_answer_under_the_same_key_is_one_answer(door: Door) -> None:
    await door.a_question()
    await give(door, ALICE, key="k", choice="cancel")

    await give(door, ALICE, key="k", choice="cancel")

    assert len(kept(door)) == 1
    assert {(answer.event_id, answer.choice) for answer in door.runtime.asked} == {(kept(door)[0].key, Choice.CANCEL)}


@pytest.mark.parametrize(
    "other", [{"choice": "apply"}, {"choice": "cancel", "text": "No."}, {"choice": "cancel", "digest": "f" * 12}]
)
async def test_another_answer_under_the_same_key_is_refused_and_the_first_stays(door: Door, other: dict[str, str]) -> None:
    await door.a_question()
    await give(door, ALICE, key="k", choice="cancel")

    response = await give(door, ALICE, key="k", **other)

    assert (response.status_code, response.json()["code"]) == (409, "key_reused")
    assert [delivery.body["choice"] for delivery in kept(door)] == ["cancel"]
    assert [answer.choice for answer in door.runtime.asked] == [Choice.CANCEL]


async def test_another_answer_under_the_key_of_one_that_ended_the_session_is_refused(door: Door) -> None:
    digest = (await door.a_question()).digest[:12]
    event_id = (await give(door, ALICE, key="k", choice="cancel")).json()["event_id"]
    told = NewLogEntry(key="run1/9", kind=LogKind.ANSWER, text="@alice answered cancel.", data={"event_id": event_id})
    await door.store.sessions.append("s1", 1, [told])
    await door.end()

    response = await give(door, ALICE, key="k", choice="apply", digest=digest)

    assert (response.status_code, response.json()["code"]) == (409, "key_reused")
