"""What an operator sees in the Temporal UI: ids, names, statuses and deadlines. Never contents (S4)."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from signals import names

from .run_state import RunState

_SESSION = SearchAttributeKey.for_keyword(names.SEARCH_SESSION)
_PROJECT = SearchAttributeKey.for_keyword(names.SEARCH_PROJECT)
_REQUESTER = SearchAttributeKey.for_keyword(names.SEARCH_REQUESTER)
_ITEM = SearchAttributeKey.for_keyword(names.SEARCH_ITEM)
_STATUS = SearchAttributeKey.for_keyword(names.SEARCH_STATUS)
_WAITING_FOR = SearchAttributeKey.for_keyword(names.SEARCH_WAITING_FOR)
_DEADLINE = SearchAttributeKey.for_datetime(names.SEARCH_DEADLINE)


def show(state: RunState) -> None:
    """Show where the run stands: as search attributes for lists, as current details for the workflow's own page."""
    waiting = state.waiting
    item = item_of(state)
    workflow.upsert_search_attributes(
        [
            _SESSION.value_set(state.opened.session_id),
            _PROJECT.value_set(state.opened.project_path),
            _REQUESTER.value_set(state.opened.requester),
            _ITEM.value_set(item) if item else _ITEM.value_unset(),
            _STATUS.value_set(str(state.status)),
            _WAITING_FOR.value_set(waiting.on) if waiting and waiting.on else _WAITING_FOR.value_unset(),
            _DEADLINE.value_set(waiting.until) if waiting and waiting.until else _DEADLINE.value_unset(),
        ]
    )
    workflow.set_current_details(_details(state))


def item_of(state: RunState) -> str:
    """Return what the session is about, in GitLab's short form; empty where it has no item."""
    target, pipeline_id = state.opened.note_target, state.opened.pipeline_id
    if target is not None:
        return target.short
    return f"pipeline {pipeline_id}" if pipeline_id is not None else ""


def _details(state: RunState) -> str:
    opened = state.opened
    rows = [
        ("Flow", opened.flow),
        ("Session", f"{opened.session_id}, run {opened.run}"),
        ("Project", f"{opened.project_path} ({opened.project_id})"),
        ("Item", item_of(state)),
        ("Branch", opened.branch),
        ("Requester", f"@{opened.requester}"),
        ("Status", str(state.status)),
        ("Step", f"{state.component} (step {state.step})"),
        *_waiting_rows(state),
    ]
    return "\n".join(f"- **{name}:** {value}" for name, value in rows if value)


def _waiting_rows(state: RunState) -> list[tuple[str, str]]:
    waiting = state.waiting
    if waiting is None:
        return []
    return [
        ("Waits for", waiting.reason),
        ("On", waiting.on),
        ("Until", _utc(waiting.until)),
        ("Request", waiting.request_id),
        ("Digest", waiting.digest),
        ("Choices", ", ".join(waiting.choices)),
    ]


def _utc(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else ""
