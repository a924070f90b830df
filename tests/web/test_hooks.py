"""GitLab's hooks: what is proven is kept once and answered; what is not is refused and leaves nothing."""

import json

import pytest

from duo_flows.domain.inbox import DeliveryState
from duo_flows.web.hook_secrets import signature_of
from tests.web.a_door import ALICE, OTHER_SECRET, SECRET, Door, note_hook, pipeline_hook


def a_comment(door: Door) -> dict:
    return note_hook(door.write(ALICE, "@duo fix this, my password is hunter2"))


async def kept(door: Door) -> list:
    return list(door.store.inbox._deliveries.values())


async def test_a_signed_hook_is_kept_and_answered(door: Door) -> None:
    response = await door.hook(a_comment(door))

    assert (response.status_code, response.json()) == (200, {"status": "accepted"})
    assert [delivery.key for delivery in await kept(door)] == ["hook:7:delivery-1"]


async def test_a_delivery_that_comes_again_is_kept_once(door: Door) -> None:
    await door.hook(a_comment(door))

    response = await door.hook(a_comment(door))

    assert response.json() == {"status": "duplicate"}
    assert len(await kept(door)) == 1


async def test_another_idempotency_key_does_not_make_a_replay_new(door: Door) -> None:
    await door.hook(a_comment(door))

    response = await door.hook(a_comment(door), idempotency_key="another")

    assert response.json() == {"status": "duplicate"}


async def test_a_delivery_without_any_key_is_known_by_its_body(door: Door) -> None:
    door.configure_secret(7, "a-plain-token")
    plain = {"webhook_signature": "", "webhook_id": "", "x_gitlab_token": "a-plain-token"}
    await door.hook(a_comment(door), **plain)

    response = await door.hook(a_comment(door), **plain)

    assert response.json() == {"status": "duplicate"}


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"secret": OTHER_SECRET}, "forged_hook", "does not fit this project's secret"),
        ({"webhook_signature": "v1,AAAA"}, "forged_hook", "does not fit this project's secret"),
        ({"webhook_signature": ""}, "forged_hook", "has no webhook-signature"),
        ({"webhook_signature": "", "x_gitlab_token": SECRET}, "forged_hook", "has no webhook-signature"),
        ({"webhook_timestamp": ""}, "forged_hook", "webhook-timestamp is missing"),
        ({"webhook_timestamp": "soon"}, "forged_hook", "webhook-timestamp is missing"),
        ({"webhook_timestamp": "9" * 400}, "forged_hook", "webhook-timestamp is missing"),
        ({"webhook_id": "another"}, "forged_hook", "does not fit this project's secret"),
    ],
)
async def test_a_forged_hook_is_refused_with_the_reason_and_leaves_nothing(
    door: Door, changed: dict, code: str, words: str
) -> None:
    response = await door.hook(a_comment(door), **changed)

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == code
    assert words in response.json()["detail"]
    assert SECRET not in response.text
    assert await kept(door) == []


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_a_stale_hook_is_refused_and_leaves_nothing(door: Door, seconds: int) -> None:
    payload = a_comment(door)
    sent_at = door.clock.now
    door.clock.move(seconds=seconds)
    body = json.dumps(payload).encode()
    timestamp = str(int(sent_at.timestamp()))
    signature = signature_of(SECRET, delivery_id="late", timestamp=timestamp, body=body)
    headers = {"webhook-id": "late", "webhook-timestamp": timestamp, "webhook-signature": signature}

    response = await door.client.post("/hooks/gitlab", content=body, headers=headers)

    assert (response.status_code, response.json()["code"]) == (401, "stale_hook")
    assert await kept(door) == []


async def test_a_hook_of_a_project_without_a_secret_is_refused(door: Door) -> None:
    (door.secrets / "7").unlink()

    response = await door.hook(a_comment(door))

    assert response.status_code == 401
    assert "no hook secret is known for this project" in response.json()["detail"]
    assert await kept(door) == []


async def test_while_a_secret_is_changed_both_count_and_afterwards_the_new_one_alone(door: Door) -> None:
    door.configure_secret(7, f"{OTHER_SECRET}\n{SECRET}\n")
    both = await door.hook(a_comment(door)), await door.hook(a_comment(door), secret=OTHER_SECRET, key="2")
    door.configure_secret(7, OTHER_SECRET)

    old = await door.hook(a_comment(door), key="3")

    assert [response.status_code for response in both] == [200, 200]
    assert old.status_code == 401


async def test_a_wrong_plain_token_is_refused(door: Door) -> None:
    door.configure_secret(7, "a-plain-token")

    response = await door.hook(a_comment(door), webhook_signature="", x_gitlab_token="another")

    assert response.status_code == 401
    assert await kept(door) == []


async def test_texts_addresses_and_variables_are_not_kept(door: Door) -> None:
    await door.hook(a_comment(door))
    await door.hook(pipeline_hook(door.forge.pipelines_by_id[42]), key="delivery-2")

    stored = " ".join(delivery.model_dump_json() for delivery in await kept(door))

    assert len(await kept(door)) == 2
    assert "hunter2" not in stored
    assert "secret@example.com" not in stored
    assert "a-variable-of-the-pipeline" not in stored


@pytest.mark.parametrize(
    "changed",
    [
        {"object_kind": "push"},
        {"object_kind": "note", "object_attributes": {"id": 1, "noteable_type": "Commit", "note": "@duo fix"}},
    ],
)
async def test_what_is_nothing_for_us_is_answered_and_not_kept(door: Door, changed: dict) -> None:
    response = await door.hook(a_comment(door) | changed)

    assert (response.status_code, response.json()) == (200, {"status": "ignored"})
    assert await kept(door) == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"project": {"id": "../7"}}', b'{"project": {"id": true}}', b"\xff", b"[" * 100_000]
)
async def test_a_body_that_names_no_project_is_refused(door: Door, body: bytes) -> None:
    response = await door.client.post("/hooks/gitlab", content=body)

    assert response.status_code == 401
    assert await kept(door) == []


async def test_a_body_over_the_limit_is_refused(door: Door) -> None:
    response = await door.client.post("/hooks/gitlab", content=b"x" * (5 * 1024 * 1024 + 1))

    assert response.status_code == 413
    assert await kept(door) == []


async def test_a_note_that_is_gone_again_is_done_with(door: Door) -> None:
    await door.hook(a_comment(door))
    door.forge.notes_by_id.clear()

    await door.drain()

    assert [(delivery.state, delivery.outcome) for delivery in await kept(door)] == [(DeliveryState.DONE, "no command")]
    assert door.nothing_reached_a_workflow()
