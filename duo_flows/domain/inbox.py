"""The inbox: everything that arrives at a door is kept here first, answered at once, and worked on afterwards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from .model import Model


class DeliveryKind(StrEnum):
    """Where a delivery came from: a GitLab hook, our API, or our own reading of GitLab for what hooks missed."""

    HOOK = "hook"
    API = "api"
    RECONCILED = "reconciled"


class NewDelivery(Model):
    """Something received. `key` makes it one: the same key arriving again is the same delivery.

    `session_id` is set where the sender named one; `body` holds only what is needed to look the matter up again.
    """

    key: str
    kind: DeliveryKind
    event: str
    project_id: int
    body: dict[str, Any] = Field(default_factory=dict)
    session_id: str = ""
    received_at: datetime


class DeliveryState(StrEnum):
    """`waiting` deliveries are worked on; `done` and `given_up` ones are kept as a record."""

    WAITING = "waiting"
    DONE = "done"
    GIVEN_UP = "given_up"


class Delivery(NewDelivery):
    """A delivery as stored, with what became of it."""

    id: int
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    outcome: str = ""
