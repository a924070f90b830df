"""The sender of webhooks: one queue per hook, in order, in the background.

The law of this module: it sends, signs, logs and disables. Which events a hook gets and what their bodies
say was decided before. It runs on the server's event loop; the other threads only hand over.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
from standardwebhooks import Webhook

from simulators.gitlab.model import HookEvent

if TYPE_CHECKING:
    from simulators.gitlab.model import Hook
    from simulators.gitlab.state import State

TIMEOUT_SECONDS = 10  # gitlab.com gives a receiver ten seconds
FAILURES_UNTIL_PAUSE = 4
FAILURES_UNTIL_DISABLED = 40
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=24)
KEPT_EVENTS = 500  # GitLab keeps days; a stand-in keeps what a page can show
KEPT_BODY = 8192
USER_AGENT = "GitLab/19.4.0-ee"
MASK = "[REDACTED]"


class Deliveries:
    """Sends events to hooks. While `paused`, events are lost, as in an outage."""

    def __init__(self, state: State, *, instance: str) -> None:
        self.paused = False
        self._state = state
        self._instance = instance
        self._queues: dict[int, asyncio.Queue[tuple[Hook, HookEvent]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx2.AsyncClient | None = None

    async def start(self) -> None:
        """Begin; called on the loop that will send."""
        self._loop = asyncio.get_running_loop()
        self._client = httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False)

    async def stop(self) -> None:
        """Drop what waits and close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    def send(self, hook: Hook, trigger: str, payload: dict[str, Any], *, name: str) -> None:
        """Queue an event; `name` is the value of `X-Gitlab-Event`. Safe from any thread."""
        if self.paused or self._loop is None or not self.is_executable(hook):
            return
        event = self.make_event(hook, trigger, payload, name=name)
        self._loop.call_soon_threadsafe(self._enqueue, hook, event)

    def make_event(self, hook: Hook, trigger: str, payload: dict[str, Any], *, name: str) -> HookEvent:
        """An event that has not been sent, with the headers that stay the same over every resend."""
        key = str(uuid.uuid4())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-Gitlab-Event": name,
            "X-Gitlab-Instance": self._instance,
            "X-Gitlab-Webhook-UUID": hook.uuid,
            "X-Gitlab-Event-UUID": str(uuid.uuid4()),
            "Idempotency-Key": key,
            "webhook-id": key,
        }
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
        number = self._state.next_id("hook_event")
        return HookEvent(number, trigger, hook.options["url"], headers, body, self._state.now())

    def send_now(self, hook: Hook, event: HookEvent) -> str:
        """Send at once, also to a disabled hook, and wait for the status. Never called while holding the lock."""
        if self._loop is None:
            return "internal error"
        asyncio.run_coroutine_threadsafe(self._deliver(hook, event), self._loop).result()
        return event.response_status

    def again(self, hook: Hook, event: HookEvent) -> HookEvent:
        """A copy to resend: the same body and Idempotency-Key, another entry in the log."""
        return HookEvent(
            self._state.next_id("hook_event"),
            event.trigger,
            hook.options["url"],
            {name: value for name, value in event.request_headers.items() if name not in _per_attempt(hook)},
            event.request_body,
            self._state.now(),
        )

    def is_executable(self, hook: Hook) -> bool:
        """Whether the hook gets events at present."""
        waits = hook.disabled_until is not None and hook.disabled_until > datetime.now(UTC)
        return not hook.disabled_for_good and not waits

    def _enqueue(self, hook: Hook, event: HookEvent) -> None:
        if hook.id not in self._queues:
            self._queues[hook.id] = asyncio.Queue()
            task = asyncio.create_task(self._drain(self._queues[hook.id]))
            self._tasks.add(task)
        self._queues[hook.id].put_nowait((hook, event))

    async def _drain(self, queue: asyncio.Queue[tuple[Hook, HookEvent]]) -> None:
        while True:
            hook, event = await queue.get()
            if self.is_executable(hook):
                await self._deliver(hook, event)

    async def _deliver(self, hook: Hook, event: HookEvent) -> None:
        """One attempt; GitLab never repeats one by itself."""
        secrets = self._secret_headers(hook, event)
        shown = {name: MASK if name in {"X-Gitlab-Token", *hook.custom_headers} else value for name, value in secrets.items()}
        headers = {**event.request_headers, **secrets}
        event.request_headers = {**event.request_headers, **shown}
        event.url = hook.options["url"]
        hook.events.append(event)
        del hook.events[:-KEPT_EVENTS]
        began = time.monotonic()
        try:
            assert self._client is not None  # noqa: S101 - made in start
            response = await self._client.post(event.url, content=event.request_body, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            event.response_status = "internal error"
            event.response_body = f"{type(error).__name__}: {error}"[:KEPT_BODY]
        else:
            event.response_status = str(response.status_code)
            event.response_headers = dict(response.headers)
            event.response_body = response.text[:KEPT_BODY]
        event.execution_duration = round(time.monotonic() - began, 6)
        _count(hook, succeeded=event.response_status.startswith("2"))

    def _secret_headers(self, hook: Hook, event: HookEvent) -> dict[str, str]:
        """Headers of this attempt alone: the secret token, the signature over the time, custom ones."""
        headers = dict(hook.custom_headers)
        if hook.token:
            headers["X-Gitlab-Token"] = hook.token
        if hook.signing_token:
            now = datetime.now(UTC)
            key = event.request_headers["webhook-id"]
            headers["webhook-timestamp"] = str(int(now.timestamp()))
            headers["webhook-signature"] = Webhook(hook.signing_token).sign(key, now, event.request_body.decode())
        return headers


def _per_attempt(hook: Hook) -> set[str]:
    return {"X-Gitlab-Token", "webhook-timestamp", "webhook-signature", *hook.custom_headers}


def _count(hook: Hook, *, succeeded: bool) -> None:
    """Count failures in a row and disable: for a minute after four, doubling; for good after forty."""
    if succeeded:
        hook.failures_in_a_row, hook.disabled_until, hook.disabled_for_good = 0, None, False
        return
    hook.failures_in_a_row += 1
    if hook.failures_in_a_row >= FAILURES_UNTIL_DISABLED:
        hook.disabled_for_good = True
    elif hook.failures_in_a_row >= FAILURES_UNTIL_PAUSE:
        doublings = min(hook.failures_in_a_row - FAILURES_UNTIL_PAUSE, 20)
        hook.disabled_until = datetime.now(UTC) + min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)
