"""What a run reports of itself to the store."""

from __future__ import annotations

from temporalio import workflow

from activities.contracts import SessionContract
from duo_flows.domain.sessions import FINAL_STATUSES, NewLogEntry, SessionUpdate

from . import retries
from .run_state import RunState


async def report(state: RunState, *entries: NewLogEntry) -> None:
    """Write status, step, what is waited for, and log lines into the store."""
    update = SessionUpdate(
        session_id=state.opened.session_id,
        run=state.opened.run,
        # A final status is written with its ending, by `close_session`, and by nothing that happens to report meanwhile.
        status=None if state.status in FINAL_STATUSES else state.status,
        step=state.component,
        waiting=state.waiting,
        entries=entries,
    )
    await workflow.execute_activity_method(
        SessionContract.report_session, update, summary=f"report {state.status}", **retries.STORE
    )
