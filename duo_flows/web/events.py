"""What a delivery in the inbox asks the dispatcher for."""

from __future__ import annotations

from enum import StrEnum


class DeliveryEvent(StrEnum):
    """`note` and `pipeline` come from hooks; a `command` is found in a note, by a hook or by reading; an `answer` comes by API.

    `steering` is a record of what was asked for by API under a key; it is done as soon as it is kept.
    """

    NOTE = "note"
    PIPELINE = "pipeline"
    COMMAND = "command"
    ANSWER = "answer"
    STEERING = "steering"
