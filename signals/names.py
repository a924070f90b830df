"""The names by which a running workflow is reached: queues, workflow ids, signals, updates, queries, search attributes.

They are part of the public interface (requirement I1): people type them at the `temporal` command line.
"""

from __future__ import annotations

from typing import Final

from duo_flows.domain.sessions import workflow_id_of as workflow_id_of  # noqa: PLC0414 - a name by which runs are reached, too

TASK_QUEUE: Final = "duo-flows"

SIGNAL_ANSWER: Final = "answer"
SIGNAL_STOP: Final = "stop"
SIGNAL_PAUSE: Final = "pause"
SIGNAL_RESUME: Final = "resume"
SIGNAL_PIPELINE: Final = "pipeline_changed"

# An update does what the signal of the same name does, and returns the result. Handlers of one workflow need distinct names.
UPDATE_ANSWER: Final = "submit_answer"
UPDATE_STOP: Final = "submit_stop"
UPDATE_PAUSE: Final = "submit_pause"
UPDATE_RESUME: Final = "submit_resume"

QUERY_STATE: Final = "state"

# All of type Keyword, but the deadline (Datetime). They hold ids and names, never contents (S4).
SEARCH_SESSION: Final = "DuoSession"
SEARCH_PROJECT: Final = "DuoProject"
SEARCH_REQUESTER: Final = "DuoRequester"
SEARCH_ITEM: Final = "DuoItem"
SEARCH_STATUS: Final = "DuoStatus"
SEARCH_WAITING_FOR: Final = "DuoWaitingFor"
SEARCH_DEADLINE: Final = "DuoDeadline"

KEYWORD_SEARCH_ATTRIBUTES: Final = (
    SEARCH_SESSION,
    SEARCH_PROJECT,
    SEARCH_REQUESTER,
    SEARCH_ITEM,
    SEARCH_STATUS,
    SEARCH_WAITING_FOR,
)
DATETIME_SEARCH_ATTRIBUTES: Final = (SEARCH_DEADLINE,)
