"""Pipelines that fail by themselves: what starts a session, in whose name, and all that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from duo_flows.domain.inbox import DeliveryState
from duo_flows.domain.policy import POLICY_PATH
from duo_flows.domain.session_ids import session_id_of
from signals.names import workflow_id_of
from tests.web.a_door import ACCOUNT, ALICE, BOB, BOT, GUEST, SHA, STRANGER, Door, pipeline_hook

OPTED_IN = "triggers: {failed_pipeline: true}"


@pytest.fixture
def willing(door: Door) -> Door:
    """Return a door whose project opted in."""
    door.forge.files[7, POLICY_PATH, "main"] = OPTED_IN
    return door


async def fail(door: Door, *, key: str = "p1", status: str = "failed") -> str:
    """Have GitLab tell of the pipeline; return what became of it."""
    await door.hook(pipeline_hook(door.forge.pipelines_by_id[42], status=status), key=key)
    await door.drain()
    return list(door.store.inbox._deliveries.values())[-1].outcome


def change_pipeline(door: Door, **fields: object) -> None:
    door.forge.pipelines_by_id[42] = door.forge.pipelines_by_id[42].model_copy(update=fields)


async def test_a_failed_pipeline_of_a_project_that_opted_in_starts_one_session(willing: Door) -> None:
    first, second = await fail(willing), await fail(willing, key="p2")

    session_id = session_id_of("pipeline:7:42")
    _flow, message = willing.runtime.started[workflow_id_of(session_id, 1)]
    assert (message.requester, message.pipeline_id, message.trigger, message.merge_request_iid) == (ALICE.id, 42, "pipeline", 3)
    assert (first, second) == (f"0 hinted; started {session_id}", "1 hinted; started already")
    assert len(willing.runtime.started) == 1


async def test_a_branch_without_a_merge_request_gets_a_session_all_the_same(willing: Door) -> None:
    willing.forge.merge_requests_by_iid.clear()

    await fail(willing)

    [(_flow, message)] = willing.runtime.started.values()
    assert message.merge_request_iid is None


async def test_a_merge_request_pipeline_names_its_merge_request(willing: Door) -> None:
    change_pipeline(willing, ref="refs/merge-requests/3/head")

    await fail(willing)

    [(_flow, message)] = willing.runtime.started.values()
    assert message.merge_request_iid == 3


@pytest.mark.parametrize("policy", [None, "", "triggers: {}", "privileges: [use_git]"])
async def test_a_project_that_did_not_opt_in_gets_no_session(door: Door, policy: str | None) -> None:
    door.forge.files |= {(7, POLICY_PATH, "main"): policy} if policy is not None else {}

    assert await fail(door) == "0 hinted; not_opted_in"
    assert door.nothing_reached_a_workflow()


async def test_a_policy_on_the_branch_under_work_does_not_count(door: Door) -> None:
    door.forge.files[7, POLICY_PATH, "feature"] = OPTED_IN

    assert await fail(door) == "0 hinted; not_opted_in"
    assert door.nothing_reached_a_workflow()


async def test_a_policy_that_is_wrong_starts_nothing_and_says_why(door: Door) -> None:
    door.forge.files[7, POLICY_PATH, "main"] = "triggers: {failed_pipelines: true}"

    outcome = await fail(door)

    assert outcome.startswith("invalid_policy: ")
    assert "triggers.failed_pipelines" in outcome
    assert list(door.store.inbox._deliveries.values())[-1].state is DeliveryState.GIVEN_UP
    assert door.nothing_reached_a_workflow()


async def test_a_hook_that_says_failed_of_a_pipeline_that_has_not_starts_nothing(willing: Door) -> None:
    change_pipeline(willing, status="success")

    assert await fail(willing) == "0 hinted; not_failed"
    assert willing.nothing_reached_a_workflow()


async def test_a_pipeline_that_is_not_the_newest_of_its_branch_starts_nothing(willing: Door) -> None:
    willing.forge.pipelines_by_id[43] = willing.forge.pipelines_by_id[42].model_copy(update={"id": 43, "status": "running"})

    assert await fail(willing) == "0 hinted; not_newest"
    assert willing.nothing_reached_a_workflow()


@pytest.mark.parametrize(
    "fields",
    [{"message": "Fix\n\nDuo-Session: abc\nDuo-Requester: alice\n"}, {"author_name": ACCOUNT.username}],
)
async def test_a_commit_of_ours_starts_nothing(willing: Door, fields: dict) -> None:
    willing.forge.commits[SHA] = willing.forge.commits[SHA].model_copy(update=fields)

    assert await fail(willing) == "0 hinted; own_commit"
    assert willing.nothing_reached_a_workflow()


async def test_a_trailer_quoted_in_the_middle_of_a_message_is_none(willing: Door) -> None:
    message = "Revert\n\nDuo-Session: abc\nwas wrong.\n\nSigned-off-by: Alice\n"
    willing.forge.commits[SHA] = willing.forge.commits[SHA].model_copy(update={"message": message})

    await fail(willing)

    assert len(willing.runtime.started) == 1


@pytest.mark.parametrize("fields", [{"user": BOT}, {"user": ACCOUNT}, {"user": None}, {"source": "schedule"}])
async def test_a_machines_pipeline_starts_nothing_where_nobody_is_named(willing: Door, fields: dict) -> None:
    change_pipeline(willing, **fields)

    assert await fail(willing) == "0 hinted; no_requester"
    assert willing.nothing_reached_a_workflow()


async def test_a_machines_pipeline_is_the_named_persons(tmp_path: Path) -> None:
    door = Door(tmp_path, {"bot_pipeline_requester": "bob"})
    door.forge.files[7, POLICY_PATH, "main"] = OPTED_IN
    change_pipeline(door, source="schedule")

    await fail(door)

    [(_flow, message)] = door.runtime.started.values()
    assert message.requester == BOB.id


@pytest.mark.parametrize("person", [GUEST, STRANGER], ids=lambda person: person.username)
async def test_a_pipeline_of_somebody_who_is_no_developer_starts_nothing(willing: Door, person: object) -> None:
    change_pipeline(willing, user=person)

    assert await fail(willing) == "0 hinted; access_too_low"
    assert willing.nothing_reached_a_workflow()


async def test_a_pipeline_that_a_session_is_at_work_on_starts_no_second_one(willing: Door) -> None:
    await willing.a_session()

    assert await fail(willing) == "1 hinted; active_already"
    assert willing.runtime.started == {}


async def test_sessions_at_work_are_told_to_look_and_those_that_ask_a_person_are_not(door: Door) -> None:
    await door.a_session("s1")
    await door.a_question("s2")
    await door.a_session("s3", project_id=8)

    await fail(door, status="running")

    assert [(workflow_id, hint.pipeline_id) for workflow_id, hint in door.runtime.hints] == [("session/s1/1", 42)]
