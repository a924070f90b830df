"""One turn of Claude, streamed. Never tries again by itself, and keeps nothing between turns: both are the workflow's."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from duo_flows.domain.errors import NeverAgain, TryAgain
from duo_flows.domain.model_turns import TurnProgress, TurnReply, TurnRequest

from .context_limits import context_tokens_of
from .faults import fault_of, texts_of
from .prices import PRICES, ModelPrice, price_of
from .progress import ProgressCount
from .reply import reply_of
from .request import wire_form

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.lib.streaming import AsyncMessageStream

# A turn may think for minutes between two events, but a server that does not even accept the connection is down.
CONNECT_TIMEOUT = 10.0

# How the library's parser fails, beside its own errors, on a stream that was mangled on its way.
_PARSER_ERRORS: tuple[type[Exception], ...] = (ValueError, LookupError, TypeError, AttributeError, RuntimeError)


class ClaudePlanner:
    """Serves the port `Planner` with Anthropic's Messages API, or with what speaks it at `base_url`.

    Args:
        api_key: the provider's key; an empty one is refused at the first use.
        base_url: another address; None for the provider's own.
        timeout: seconds without any byte after which a turn counts as broken.
        prices: another price table; None for the published one.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        timeout: float = 600,
        prices: Mapping[str, ModelPrice] | None = None,
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._timeout = timeout
        self._prices = PRICES if prices is None else prices
        self._made: AsyncAnthropic | None = None

    async def turn(self, request: TurnRequest, *, on_progress: Callable[[TurnProgress], None]) -> TurnReply:
        """Return the model's answer to one request. Cancelling closes the stream, and the provider stops.

        Raises:
            TryAgain: limited, overloaded, out of reach or broken off; `retry_after` where the provider said.
            NeverAgain: the request or the key is wrong, or the conversation too long (code CONVERSATION_TOO_LONG).
        """
        form = wire_form(request)
        price = price_of(request.model, self._prices)
        count = ProgressCount(price=price)
        async with self._opened(form, seconds=request.timeout_seconds) as stream:
            async for progress in _counted(stream, count, form):
                on_progress(progress)
            request_id = stream.request_id or ""
            if not count.is_complete:
                raise TryAgain(f"Claude's answer broke off before its end (request {request_id}).")
            message = stream.current_message_snapshot
        return reply_of(message, price=price, request_id=request_id)

    def context_tokens(self, model: str) -> int:
        """Return how many tokens of conversation a model takes, as published."""
        return context_tokens_of(model)

    async def models(self) -> tuple[str, ...]:
        """Return the names of the models that the key may use, for a check when a worker starts.

        Raises:
            TryAgain: the provider is out of reach or busy.
            NeverAgain: the key or the address is wrong.
        """
        client = self._client()
        try:
            return tuple([model.id async for model in client.models.list() if model.lifecycle != "retired"])
        except _library_errors() as error:
            raise fault_of(error, question="") from None

    async def get_ready(self) -> None:
        """Import Anthropic's library in a thread: it takes seconds, in which a worker would answer nobody."""
        await asyncio.to_thread(importlib.import_module, "anthropic")

    async def aclose(self) -> None:
        """Close the connections that are kept open."""
        made, self._made = self._made, None
        if made is not None:
            await made.close()

    def _client(self) -> AsyncAnthropic:
        if not self._api_key:
            raise NeverAgain("There is no key for Claude. Set ANTHROPIC_API_KEY.", code="claude_401")
        if self._made is None:
            # Not at the top: the import takes more than a second, and most processes never ask a model.
            from anthropic import AsyncAnthropic, Timeout

            # At its debug level the library writes whole requests.
            logging.getLogger("anthropic").setLevel(logging.WARNING)
            # Retries are the workflow's, where they are counted and can be seen.
            self._made = AsyncAnthropic(
                api_key=self._api_key,
                base_url=self._base_url,
                timeout=Timeout(self._timeout, connect=min(CONNECT_TIMEOUT, self._timeout)),
                max_retries=0,
            )
        return self._made

    def _patience(self, seconds: float | None) -> dict[str, Any]:
        """Return the client's option for a question that has a patience of its own."""
        if seconds is None:
            return {}
        from anthropic import Timeout

        return {"timeout": Timeout(seconds, connect=min(CONNECT_TIMEOUT, seconds))}

    @asynccontextmanager
    async def _opened(self, form: dict[str, Any], *, seconds: float | None) -> AsyncIterator[AsyncMessageStream[None]]:
        manager = self._client().messages.stream(**form, **self._patience(seconds))
        try:
            stream = await manager.__aenter__()
        except _library_errors() as error:
            raise fault_of(error, question=texts_of(form)) from None
        try:
            yield stream
        finally:
            await stream.close()


async def _counted(stream: AsyncMessageStream[None], count: ProgressCount, form: dict[str, Any]) -> AsyncIterator[TurnProgress]:
    """Yield the progress after each event; what breaks while reading becomes our error, what breaks at the reader's stays his."""
    events = stream.__aiter__()
    while True:
        try:
            progress = count.after(await anext(events))
        except StopAsyncIteration:
            return
        except (*_library_errors(), *_PARSER_ERRORS) as error:
            raise fault_of(error, question=texts_of(form)) from None
        yield progress


def _library_errors() -> tuple[type[Exception], ...]:
    import httpx2
    from anthropic import AnthropicError

    return (AnthropicError, httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError)
