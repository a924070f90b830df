"""How far a streaming turn is: counted from its events, exact where the provider counts, estimated between."""

from __future__ import annotations

import math
from typing import Any

from duo_flows.domain.model_turns import TurnProgress

# Fewer than the four that are usual, so that what was paid for a broken turn is rather over- than underestimated.
CHARACTERS_PER_TOKEN = 3

_TEXT_OF_DELTA = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


class ProgressCount:
    """Counts the events of one turn."""

    def __init__(self) -> None:
        self._has_begun = self._has_stopped = False
        self._input_tokens = 0
        self._reported = 0
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
        estimate = self._reported + math.ceil(self._characters / CHARACTERS_PER_TOKEN)
        return TurnProgress(input_tokens=self._input_tokens, output_tokens=estimate, events=self._events)

    def _take(self, usage: Any) -> None:
        self._reported = max(self._reported, usage.output_tokens or 0)
        counts = (usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens)
        # A message_delta may leave out what the message_start has said.
        self._input_tokens = max(self._input_tokens, sum(count or 0 for count in counts))
