"""What a delivery in the inbox asks the dispatcher for."""

from __future__ import annotations

from enum import StrEnum


class DeliveryEvent(StrEnum):
    """`note` and `pipeline` come from hooks; a `command` is found in a note, by a hook or by reading; an `answer` comes by API."""

    NOTE = "note"
    PIPELINE = "pipeline"
    COMMAND = "command"
    ANSWER = "answer"
