"""Questions to the requester: shown, waited for with a deadline, and closed (A1 to A4). Waiting holds no process.

One question is open at a time. What is asked is composed by an activity; what an answer means is the asking component's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow

from activities.contracts import Asked, FindMissed, RequestContract
from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.requests import RequestState, expired
from duo_flows.domain.sessions import Ending, SessionEvent

from . import display, retries
from .run_state import EndRun, OpenQuestion
from .session_run import SessionRun


def open_question(run: SessionRun, asked: Asked, *, component: str, asked_at: datetime, event: SessionEvent) -> None:
    """Show a question that has just been put; the status moves by `event`."""
    run.state.question = OpenQuestion(request=asked.request, message_ref=asked.message_ref, component=component, asked_at=asked_at)
    run.move(event)
    run.announce(asked.note_ref, marker=f"question-{asked.request.id}")


async def answered(run: SessionRun) -> OpenQuestion:
    """Return the open question once it is closed, and put it away. `People` rules on answers one by one during every wait here.

    Raises:
        EndRun: nobody answered in time, or somebody stopped the session.
        ContinueAsNew: the run goes on in a new history, with the question still open.
    """
    question = await _closed(run)
    run.state.question = None
    if question.request.state is RequestState.EXPIRED:
        raise EndRun(
            Ending.EXPIRED, f"Nobody answered before {question.request.deadline:%Y-%m-%d %H:%M} UTC, so nothing was changed."
        )
    run.move(SessionEvent.RESUME)
    await run.report()
    return question


async def _closed(run: SessionRun) -> OpenQuestion:
    while True:
        question = _open_question(run)
        if question.request.is_closed:
            return question
        await run.safe_point()
        try:
            await workflow.wait_condition(
                lambda: _is_closed(run) or run.state.stop is not None or workflow.info().is_continue_as_new_suggested(),
                timeout=max(question.request.deadline - workflow.now(), timedelta(0)),
                timeout_summary="deadline of the question",
            )
        except TimeoutError:
            await _expire_unless_answered(run)


def _open_question(run: SessionRun) -> OpenQuestion:
    if run.state.question is None:
        raise NeverAgain("There is no open question to wait for.", code="invalid_state")
    return run.state.question


def _is_closed(run: SessionRun) -> bool:
    return _open_question(run).request.is_closed


async def _expire_unless_answered(run: SessionRun) -> None:
    # After an outage the timer and the answers arrive together: first everything that came is ruled on, by its door's stamp, then
    # GitLab and the inbox are asked for what never came.
    people = run.people
    await people.idle()
    if _is_closed(run):
        return
    question = _open_question(run)
    task = FindMissed(
        scope=run.scope, request=question.request, workflow_id=workflow.info().workflow_id, asked_at=question.asked_at
    )
    missed = await workflow.execute_activity_method(
        RequestContract.find_missed_answers, task, summary="answers that came in time", **retries.BEFORE_EXPIRY
    )
    for act in missed.acts:
        await people.rule(run.state, act, note_id=missed.note_ids.get(act.event_id))
    await people.idle()
    if not _is_closed(run):
        _expire(run)


def _expire(run: SessionRun) -> None:
    question = _open_question(run)
    run.state.question = question.model_copy(update={"request": expired(question.request)})
    display.show(run.state)
