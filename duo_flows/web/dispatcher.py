"""The dispatcher: works through the inbox at its own pace, whatever arrives how fast.

A delivery is held by a lease while it is worked on; a door that dies leaves it to the next. Everything that is done for a
delivery is safe to do again.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from duo_flows.domain.errors import NeverAgain, Refused, TryAgain
from duo_flows.domain.inbox import Delivery, DeliveryKind

from .deliveries import Deliveries
from .faults import fault_text
from .metrics import DoorMetrics
from .services import DoorServices

# Enough to hide GitLab's latency, few enough to stay below its rate limits.
_CONCURRENCY = 4
# Longer than the slowest delivery takes with every call at its time limit.
_LEASE = timedelta(minutes=2)
# How often an idle dispatcher looks without being woken: for deliveries whose time has come, and those of other doors.
_IDLE_LOOK = timedelta(seconds=1)
# Waits of 1, 2, 4 ... seconds up to five minutes: twenty tries outlast an outage of an hour.
_MAX_ATTEMPTS = 20
_MAX_WAIT = timedelta(minutes=5)
# The API asks the workflow itself first, for five seconds; only then is the answer the dispatcher's.
_API_GRACE = timedelta(seconds=8)

_log = logging.getLogger(__name__)


class Dispatcher:
    """Takes deliveries out of the inbox and has them worked on."""

    def __init__(self, services: DoorServices, *, metrics: DoorMetrics) -> None:
        self._services = services
        self._metrics = metrics
        self._deliveries = Deliveries(services)
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Say that there is something in the inbox."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled. A store that is away is waited for."""
        while True:
            self._woken.clear()
            try:
                worked = await self.work_once()
            except Exception as fault:  # noqa: BLE001 - the door must not go on taking hooks that nobody works on
                _log.warning("the inbox cannot be worked on: %s", fault_text(fault))
                worked = 0
            if not worked:
                await self._idle()

    async def drain(self) -> None:
        """Work until nothing is left that can be worked on now."""
        while await self.work_once():
            pass

    async def work_once(self) -> int:
        """Work on a handful of deliveries at once; return how many there were."""
        now = self._services.clock()
        claimed = await self._services.inbox.claim(limit=_CONCURRENCY, lease=_LEASE, now=now)
        await asyncio.gather(*(self._work_on(delivery) for delivery in claimed))
        return len(claimed)

    async def _idle(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), timeout=_IDLE_LOOK.total_seconds())
        except TimeoutError:
            return

    async def _work_on(self, delivery: Delivery) -> None:
        if delivery.kind is DeliveryKind.API and self._services.clock() < delivery.received_at + _API_GRACE:
            at = delivery.received_at + _API_GRACE
            outcome = "the API is asking the workflow"
            await self._services.inbox.retry(delivery.id, outcome=outcome, at=at, attempt=delivery.attempts)
            return
        try:
            outcome = await self._deliveries.work_on(delivery)
        except TryAgain as fault:
            await self._later(delivery, reason=str(fault), wait=fault.retry_after)
        except (NeverAgain, Refused) as fault:
            await self._given_up(delivery, reason=f"{fault.code}: {fault}")
        except Exception as fault:  # noqa: BLE001 - a fault of ours in one delivery must not stop the others
            await self._later(delivery, reason=fault_text(fault), wait=None)
        else:
            await self._services.inbox.done(delivery.id, outcome=outcome, attempt=delivery.attempts)
            self._tell(delivery, "done", outcome)

    async def _later(self, delivery: Delivery, *, reason: str, wait: timedelta | None) -> None:
        if delivery.attempts >= _MAX_ATTEMPTS:
            await self._given_up(delivery, reason=f"after {delivery.attempts} tries: {reason}")
            return
        wait = max(wait or timedelta(0), min(timedelta(seconds=2 ** (delivery.attempts - 1)), _MAX_WAIT))
        at = self._services.clock() + wait
        await self._services.inbox.retry(delivery.id, outcome=reason, at=at, attempt=delivery.attempts)
        self._tell(delivery, "retried", reason)

    async def _given_up(self, delivery: Delivery, *, reason: str) -> None:
        await self._services.inbox.give_up(delivery.id, outcome=reason, attempt=delivery.attempts)
        self._tell(delivery, "given_up", reason)

    def _tell(self, delivery: Delivery, result: str, reason: str) -> None:
        self._metrics.dispatches.labels(outcome=result).inc()
        _log.info("delivery %s (%s) %s: %s", delivery.id, delivery.event, result, reason, extra={"session_id": delivery.session_id})
