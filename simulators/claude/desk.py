"""What people and tests see and set while the stand-in runs: the list of requests, and faults to come. Never holds credentials."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MOST_REQUESTS = 1000
"""Kept in memory: enough for a long test, bounded for a stand-in that runs for days."""


class Fault(BaseModel):
    """An error for the next `count` requests to `/v1/messages`, before the script is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: int = Field(ge=400, le=599)
    retry_after: float | None = Field(default=None, ge=0)
    count: int = Field(default=1, ge=1)
    message: str = "This failure was asked for at /-/simulator/faults."


@dataclass
class Asked:
    """One request and how it was answered. `turn` is the name of the script's turn; `error` a sentence, None if all went well."""

    number: int
    request_id: str
    path: str
    received_at: float
    body: Any
    turn: str | None = None
    status: int = 200
    error: str | None = None
    reply: list[dict[str, Any]] | None = None

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return dict(vars(self))


@dataclass
class Desk:
    """The state behind `/-/simulator`."""

    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=MOST_REQUESTS))
    faults: list[Fault] = field(default_factory=list)
    _count: int = 0

    def note(self, *, request_id: str, path: str, body: Any) -> Asked:
        """Write a request down; the caller fills in how it ends."""
        self._count += 1
        asked = Asked(number=self._count, request_id=request_id, path=path, received_at=time.time(), body=body)
        self.asked.append(asked)
        return asked

    def take_fault(self) -> Fault | None:
        """Use up one of the faults that were asked for, oldest first."""
        if not self.faults:
            return None
        fault = self.faults[0]
        rest = [fault.model_copy(update={"count": fault.count - 1})] if fault.count > 1 else []
        self.faults = rest + self.faults[1:]
        return fault
