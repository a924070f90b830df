"""When retries run: in slots, so that the provider does not see them all at once."""

import time
from dataclasses import dataclass, field

SLOT_SECONDS = 15


@dataclass
class Slot:
    """A moment at which waiting retries run together. Times are Unix seconds."""

    number: int
    created_at: int = field(default_factory=lambda: int(time.time()))

    @property
    def opens_at(self) -> int:
        return self.created_at + self.number * SLOT_SECONDS


def slot_for(pause_seconds: int) -> Slot:
    """The first slot that does not open before the pause is over."""
    return Slot(-(-pause_seconds // SLOT_SECONDS))
