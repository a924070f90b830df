"""Stop, pause, resume and retry over the API: who may, what comes of it, and that one act counts once."""

import pytest

from duo_flows.domain.inbox import DeliveryState
from duo_flows.domain.people import Person
from duo_flows.domain.sessions import LogKind, SessionStatus, SessionUpdate
from signals.messages import AnswerResult, Pause, Resume, Stop
from signals.signatures import is_signed
from tests.web.a_door import ALICE, BOB, BOT, MARY, REPORTER, SIGNING_KEY, Door

STEERS = {"stop": Stop, "pause": Pause, "resume": Resume}
TAKEN = AnswerResult(is_accepted=True, code="pausing", reason="The session pauses at its next safe point.")


async def steer(door: Door, person: Person, verb: str, *, key: str = "", **body: str):
    headers = {"Idempotency-Key": key} if key else {}
    return await door.call(person, "POST", f"/sessions/s1/{verb}", json=body, headers=headers)


def refused(response, status: int, code: str) -> None:
    assert (response.status_code, response.json().get("code")) == (status, code), response.text


@pytest.mark.parametrize("verb", STEERS)
@pytest.mark.parametrize("person", [ALICE, MARY], ids=lambda person: person.username)
async def test_requester_and_maintainers_can_steer_and_are_told_what_the_workflow_says(
    door: Door, person: Person, verb: str
) -> None:
    await door.a_session()
    door.runtime.result = TAKEN

    response = await steer(door, person, verb, reason="enough")

    [(workflow_id, message)] = door.runtime.steered
    assert (response.status_code, response.json()) == (
        202,
        {"status": "pausing", "session_id": "s1", "reason": "The session pauses at its next safe point."},
    )
    assert (type(message), workflow_id, message.actor_id, message.reason) == (STEERS[verb], "session/s1/1", person.id, "enough")
    assert is_signed(message, SIGNING_KEY.encode())
    assert door.runtime.signalled == []


@pytest.mark.parametrize("verb", STEERS)
async def test_without_a_worker_the_wish_is_left_with_temporal_as_the_same_event(door: Door, verb: str) -> None:
    await door.a_session()

    response = await steer(door, ALICE, verb)

    assert (response.status_code, response.json()["status"]) == (202, "received")
    assert door.runtime.signalled == door.runtime.steered


@pytest.mark.parametrize("verb", STEERS)
@pytest.mark.parametrize(("person", "code"), [(BOB, "not_the_requester"), (REPORTER, "access_too_low"), (BOT, "forbidden")])
async def test_others_cannot_steer(door: Door, verb: str, person: Person, code: str) -> None:
    await door.a_session()

    refused(await steer(door, person, verb), 403, code)
    assert door.nothing_reached_a_workflow()


async def test_what_the_workflow_refuses_is_refused_with_its_reason(door: Door) -> None:
    await door.a_session()
    door.runtime.result = AnswerResult(is_accepted=False, code="stopping", reason="The session is being stopped, by @mary.")

    response = await steer(door, ALICE, "pause")

    refused(response, 409, "stopping")
    assert response.json()["detail"] == "The session is being stopped, by @mary."


@pytest.mark.parametrize("verb", STEERS)
async def test_of_a_workflow_that_is_gone_is_said_that_it_is_over_and_not_how(door: Door, verb: str) -> None:
    await door.a_session()
    door.runtime.is_over = True

    response = await steer(door, ALICE, verb)

    refused(response, 409, "session_ended")
    assert response.json()["detail"].startswith("The session is over. Nothing was changed")


@pytest.mark.parametrize("verb", ["pause", "resume"])
async def test_a_session_that_is_over_is_neither_paused_nor_resumed(door: Door, verb: str) -> None:
    await door.a_session()
    await door.end()

    refused(await steer(door, ALICE, verb), 409, "session_ended")
    assert door.nothing_reached_a_workflow()


async def test_stopping_what_is_stopped_is_accepted_and_does_nothing(door: Door) -> None:
    await door.a_session()
    await door.end()

    response = await steer(door, ALICE, "stop")

    assert (response.status_code, response.json()["status"]) == (202, "stopped")
    assert door.nothing_reached_a_workflow()


async def test_stopping_what_is_finished_is_refused(door: Door) -> None:
    await door.a_session()
    await door.store.sessions.update(SessionUpdate(session_id="s1", run=1, status=SessionStatus.FINISHED))

    refused(await steer(door, ALICE, "stop"), 409, "session_ended")
    assert door.nothing_reached_a_workflow()


@pytest.mark.parametrize("verb", STEERS)
async def test_a_workflow_that_ended_meanwhile_is_not_steered(door: Door, verb: str) -> None:
    await door.a_session()
    door.runtime.is_over = True

    refused(await steer(door, ALICE, verb), 409, "session_ended")


@pytest.mark.parametrize("verb", STEERS)
async def test_the_same_key_is_the_same_event_of_one_person_and_one_verb(door: Door, verb: str) -> None:
    await door.a_session()
    door.runtime.result = TAKEN

    for person, asked, key in [
        (ALICE, verb, "k"),
        (ALICE, verb, "k"),
        (MARY, verb, "k"),
        (ALICE, verb, "other"),
        (ALICE, verb, ""),
    ]:
        await steer(door, person, asked, key=key)

    events = [message.event_id for _, message in door.runtime.steered]
    assert events[0] == events[1]
    assert len(set(events)) == len(events) - 1


@pytest.mark.parametrize("verb", STEERS)
async def test_another_reason_under_the_same_key_is_refused_and_reaches_no_workflow(door: Door, verb: str) -> None:
    await door.a_session()
    door.runtime.result = TAKEN
    await steer(door, ALICE, verb, key="k", reason="We deploy.")

    refused(await steer(door, ALICE, verb, key="k", reason="We are done."), 409, "key_reused")
    await steer(door, ALICE, verb, key="k", reason="We deploy.")

    assert {message.reason for _, message in door.runtime.steered} == {"We deploy."}
    door.clock.move(minutes=3)
    await door.drain()
    assert {delivery.state for delivery in door.store.inbox._deliveries.values()} == {DeliveryState.DONE}


async def test_a_retry_sent_again_under_its_key_starts_one_run(door: Door) -> None:
    await door.a_session()
    await door.end()

    first = await steer(door, ALICE, "retry", key="again")
    second = await steer(door, ALICE, "retry", key="again")

    assert (first.status_code, second.status_code) == (201, 201)
    assert (first.json()["run"], second.json()["run"]) == (2, 2)
    assert list(door.runtime.started) == ["session/s1/2"]
    assert [line.text for line in await door.log() if line.kind is LogKind.NOTE] == ["Run 1 is retried."]


async def test_a_session_at_work_is_not_retried(door: Door) -> None:
    await door.a_session()

    refused(await steer(door, ALICE, "retry"), 409, "still_active")
    assert door.nothing_reached_a_workflow()
