"""What the dispatcher does with the inbox when it is not alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from duo_flows.domain.errors import Refused, TryAgain
from duo_flows.domain.inbox import Delivery, DeliveryState
from duo_flows.web.dispatcher import Dispatcher
from duo_flows.web.metrics import DoorMetrics
from signals.messages import StartFlow
from tests.web.a_door import ALICE, Door, note_hook

WAY_PAST_THE_LEASE = timedelta(hours=1)


class OvertakenRuntime:
    """Takes a start so slowly that another dispatcher has claimed the delivery by then; what it says at last is `word`."""

    def __init__(self, door: Door, word: Exception | None) -> None:
        self.door = door
        self.word = word
        self.claimed_by_another: tuple[Delivery, ...] = ()

    async def start(self, flow: str, message: StartFlow, *, workflow_id: str, summary: str) -> None:
        del flow, message, workflow_id, summary
        self.door.clock.now += WAY_PAST_THE_LEASE
        inbox = self.door.store.inbox
        self.claimed_by_another += await inbox.claim(limit=1, lease=timedelta(hours=1), now=self.door.clock.now)
        if self.word:
            raise self.word


@pytest.mark.parametrize("word", [None, TryAgain("Temporal is busy."), Refused("No.", code="no")], ids=["done", "retry", "give_up"])
async def test_a_dispatcher_whose_lease_ran_out_leaves_the_delivery_to_who_holds_it_now(door: Door, word: Exception | None) -> None:
    runtime = OvertakenRuntime(door, word)
    await door.hook(note_hook(door.write(ALICE, "@duo fix")))

    await Dispatcher(replace(door.services, temporal=runtime), metrics=DoorMetrics()).drain()

    [held] = runtime.claimed_by_another
    assert held.state is DeliveryState.WAITING
    assert held.attempts == 2
    assert await door.store.inbox.delivery(held.key) == held
    assert await door.store.inbox.claim(limit=9, lease=WAY_PAST_THE_LEASE, now=door.clock.now) == ()
