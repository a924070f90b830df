"""What every store promises of the inbox."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from duo_flows.domain.errors import NeverAgain, NotFound
from duo_flows.domain.inbox import Delivery, DeliveryState
from tests.adapters.store.making import NOON, a_delivery

LEASE = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)


async def _claim(store, *, now: datetime = NOON, limit: int = 10) -> list[str]:
    return [delivery.key for delivery in await store.inbox.claim(limit=limit, lease=LEASE, now=now)]


async def test_what_arrives_is_kept_as_it_came(store):
    new = a_delivery(session_id="s1", body={"note": 3, "list": [1, None]})

    delivery, is_new = await store.inbox.put(new)

    assert is_new
    assert delivery == Delivery(id=delivery.id, **new.model_dump())
    assert await store.inbox.delivery("a") == delivery


async def test_the_same_key_arriving_again_is_the_same_delivery(store):
    first, _ = await store.inbox.put(a_delivery(body={"first": True}))

    again, is_new = await store.inbox.put(a_delivery(body={"first": False}))

    assert not is_new
    assert again == first


async def test_a_key_that_never_arrived_has_no_delivery(store):
    assert await store.inbox.delivery("never") is None


async def test_a_delivery_without_a_time_zone_is_refused_and_not_kept(store):
    with pytest.raises(NeverAgain, match="without a time zone"):
        await store.inbox.put(a_delivery(received_at=NOON.replace(tzinfo=None)))

    assert await store.inbox.delivery("a") is None


async def test_claims_take_the_oldest_first_up_to_the_limit(store):
    await store.inbox.put(a_delivery("late", received_at=NOON - timedelta(seconds=1)))
    await store.inbox.put(a_delivery("early", received_at=NOON - MINUTE))
    await store.inbox.put(a_delivery("later", received_at=NOON))

    assert await _claim(store, limit=2) == ["early", "late"]
    assert await _claim(store) == ["later"]


async def test_a_claimed_delivery_counts_its_attempt_and_is_held_until_the_lease_is_over(store):
    await store.inbox.put(a_delivery())

    [held] = await store.inbox.claim(limit=1, lease=LEASE, now=NOON)

    assert (held.attempts, held.state) == (1, DeliveryState.WAITING)
    assert await _claim(store, now=NOON + LEASE - timedelta(microseconds=1)) == []
    assert await _claim(store, now=NOON + LEASE) == ["a"]
    assert (await store.inbox.delivery("a")).attempts == 2


@pytest.mark.parametrize(("close", "state"), [("done", DeliveryState.DONE), ("give_up", DeliveryState.GIVEN_UP)])
async def test_a_closed_delivery_keeps_its_outcome_and_is_never_claimed_again(store, close, state):
    delivery, _ = await store.inbox.put(a_delivery())
    await _claim(store)

    await getattr(store.inbox, close)(delivery.id, outcome="as it went")

    closed = await store.inbox.delivery("a")
    assert (closed.state, closed.outcome) == (state, "as it went")
    assert await _claim(store, now=NOON + timedelta(days=1)) == []


async def test_a_retried_delivery_is_claimable_from_the_given_time_on(store):
    delivery, _ = await store.inbox.put(a_delivery())
    await _claim(store)

    await store.inbox.retry(delivery.id, outcome="GitLab was down", at=NOON + MINUTE)

    assert (await store.inbox.delivery("a")).outcome == "GitLab was down"
    assert await _claim(store, now=NOON + MINUTE - timedelta(microseconds=1)) == []
    assert await _claim(store, now=NOON + MINUTE) == ["a"]


@pytest.mark.parametrize("close", ["done", "give_up"])
async def test_nothing_that_arrives_later_changes_a_closed_delivery(store, close):
    delivery, _ = await store.inbox.put(a_delivery())
    await getattr(store.inbox, close)(delivery.id, outcome="closed")
    closed = await store.inbox.delivery("a")

    await store.inbox.retry(delivery.id, outcome="late", at=NOON)
    await store.inbox.done(delivery.id, outcome="late")
    await store.inbox.give_up(delivery.id, outcome="late")

    assert await store.inbox.delivery("a") == closed
    assert await _claim(store) == []


CLOSING = [("done", {}), ("give_up", {}), ("retry", {"at": NOON})]


@pytest.mark.parametrize(("act", "when"), CLOSING)
async def test_who_holds_a_delivery_no_longer_changes_nothing_for_who_does(store, act, when):
    await store.inbox.put(a_delivery())
    [late] = await store.inbox.claim(limit=1, lease=LEASE, now=NOON)
    [held] = await store.inbox.claim(limit=1, lease=LEASE, now=NOON + LEASE)

    await getattr(store.inbox, act)(late.id, outcome="late", attempt=late.attempts, **when)

    assert await store.inbox.delivery("a") == held
    assert await _claim(store, now=NOON + LEASE) == []


@pytest.mark.parametrize(("act", "when"), CLOSING)
@pytest.mark.parametrize("attempt", [2, None])
async def test_who_holds_a_delivery_changes_it_and_so_does_who_names_no_attempt(store, act, when, attempt):
    await store.inbox.put(a_delivery())
    await _claim(store)
    [held] = await store.inbox.claim(limit=1, lease=LEASE, now=NOON + LEASE)

    await getattr(store.inbox, act)(held.id, outcome="as it went", attempt=attempt, **when)

    assert (await store.inbox.delivery("a")).outcome == "as it went"


async def test_who_holds_a_delivery_that_was_closed_meanwhile_leaves_it_closed(store):
    await store.inbox.put(a_delivery())
    [held] = await store.inbox.claim(limit=1, lease=LEASE, now=NOON)
    await store.inbox.done(held.id, outcome="answered by the API")

    await store.inbox.retry(held.id, outcome="late", at=NOON, attempt=held.attempts)

    assert (await store.inbox.delivery("a")).outcome == "answered by the API"
    assert await _claim(store) == []


async def test_an_unknown_delivery_is_not_found(store):
    with pytest.raises(NotFound, match="no delivery 99"):
        await store.inbox.done(99, outcome="")
    with pytest.raises(NotFound, match="no delivery 99"):
        await store.inbox.retry(99, outcome="", at=NOON)
    with pytest.raises(NotFound, match="no delivery 99"):
        await store.inbox.give_up(99, outcome="")


async def test_what_waits_for_a_session_is_what_named_it_in_time_and_is_not_closed(store):
    await store.inbox.put(a_delivery("in time", session_id="s1", received_at=NOON))
    await store.inbox.put(a_delivery("earlier", session_id="s1", received_at=NOON - MINUTE))
    await store.inbox.put(a_delivery("too late", session_id="s1", received_at=NOON + MINUTE))
    await store.inbox.put(a_delivery("another's", session_id="s2"))
    await store.inbox.put(a_delivery("nobody's"))
    closed, _ = await store.inbox.put(a_delivery("closed", session_id="s1"))
    await store.inbox.done(closed.id, outcome="sent")
    await _claim(store)

    waiting = await store.inbox.waiting_for_session("s1", received_by=NOON)

    assert [delivery.key for delivery in waiting] == ["earlier", "in time"]
    assert await store.inbox.waiting_for_session("", received_by=NOON) == ()
