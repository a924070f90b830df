"""How far a streaming turn is and what it has cost: counted from its events, exact where the provider counts, estimated between."""

from __future__ import annotations

import math
from typing import Any

from duo_flows.domain.model_turns import TurnProgress
from duo_flows.domain.sessions import Usage

from .prices import ModelPrice

# Fewer than the four that are usual, so that what was paid for a broken turn is rather over- than underestimated.
CHARACTERS_PER_TOKEN = 3

_TEXT_OF_DELTA = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


class ProgressCount:
    """Counts the events of one turn, at the price of its model."""

    def __init__(self, *, price: ModelPrice) -> None:
        self._price = price
        self._has_begun = self._has_stopped = False
        self._reported = Usage()
        self._characters = 0
        self._events = 0

    def after(self, event: Any) -> TurnProgress:
        """Return the progress after one more event."""
        self._events += 1
        if event.type == "message_start":
            self._has_begun = True
            self._take(event.message.usage)
        elif event.type == "message_delta":
            self._take(event.usage)
            self._characters = 0
        elif event.type == "content_block_delta":
            self._characters += len(getattr(event.delta, _TEXT_OF_DELTA.get(event.delta.type, ""), None) or "")
        elif event.type == "message_stop":
            self._has_stopped = True
        return self.now()

    @property
    def is_complete(self) -> bool:
        """Tell whether the provider has begun the message and said that it stops."""
        return self._has_begun and self._has_stopped

    def now(self) -> TurnProgress:
        """Return what is counted so far; input includes what the cache read and wrote."""
        usage = self._usage()
        prompt = usage.input_tokens + usage.cache_write_tokens + usage.cache_read_tokens
        return TurnProgress(input_tokens=prompt, output_tokens=usage.output_tokens, events=self._events, usage=usage)

    def _usage(self) -> Usage:
        """Return what the turn has used; nothing before the provider has begun to answer, since until then nothing is paid."""
        estimate = self._reported.output_tokens + math.ceil(self._characters / CHARACTERS_PER_TOKEN)
        used = self._reported.model_copy(update={"turns": int(self._has_begun), "output_tokens": estimate})
        return used.model_copy(update={"cost_microusd": self._price.cost(used)})

    def _take(self, usage: Any) -> None:
        told = {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cache_read_tokens": usage.cache_read_input_tokens,
            "cache_write_tokens": usage.cache_creation_input_tokens,
        }
        # A message_delta may leave out what the message_start has said.
        known = {name: max(getattr(self._reported, name), count or 0) for name, count in told.items()}
        self._reported = self._reported.model_copy(update=known)
