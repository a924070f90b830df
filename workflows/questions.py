"""Questions to the requester: shown, waited for with a deadline, and closed (A1 to A4). Waiting holds no process.

One question is open at a time; whoever wants to ask meanwhile waits. Each asker has a key, by which it finds its own question again
in a new history. What is asked is composed by an activity; what an answer means is the asker's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow

from activities.contracts import Asked, FindMissed, RequestContract
from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.requests import RequestKind, RequestState, expired
from duo_flows.domain.sessions import Ending, SessionEvent

from . import display, retries
from .run_state import EndRun, OpenQuestion
from .session_run import SessionRun

# Puts a question; None where there turned out to be nothing to ask.
Ask = Callable[[], Awaitable[Asked | None]]

_EVENTS = {
    RequestKind.APPROVAL: SessionEvent.REQUIRE_INPUT,
    RequestKind.INPUT: SessionEvent.REQUIRE_INPUT,
    RequestKind.TOOL_CALLS: SessionEvent.REQUIRE_TOOL_CALL_APPROVAL,
}


async def ask(run: SessionRun, put: Ask, *, asker: str, component: str) -> OpenQuestion | None:
    """Return the asker's question once it is closed, put first unless it is open already; None where nothing had to be asked.

    `People` rules on answers one by one during every wait here.

    Args:
        run: the run that asks.
        put: puts the question.
        asker: the key that no two who may ask at the same time share.
        component: whose question it is, as people know it.

    Raises:
        EndRun: nobody answered in time, or somebody stopped the session.
        ContinueAsNew: the run goes on in a new history, with the question still open.
    """
    while not _is_of(run, asker):
        if run.state.question is not None:
            await _until_nothing_is_asked(run)
        # Two may have waited for the same question to be closed; the second waits on.
        async with run.asking:
            if run.state.question is None:
                asked_at = workflow.now()
                asked = await put()
                if asked is None:
                    return None
                _open(
                    run,
                    asked,
                    OpenQuestion(
                        request=asked.request, message_ref=asked.message_ref, component=component, asker=asker, asked_at=asked_at
                    ),
                )
    return await _answered(run)


def _is_of(run: SessionRun, asker: str) -> bool:
    return run.state.question is not None and run.state.question.asker == asker


async def _until_nothing_is_asked(run: SessionRun) -> None:
    await run.safe_point()
    await workflow.wait_condition(lambda: run.state.question is None or _has_to_leave(run))
    await run.safe_point()


def _has_to_leave(run: SessionRun) -> bool:
    return run.state.stop is not None or workflow.info().is_continue_as_new_suggested()


def _open(run: SessionRun, asked: Asked, question: OpenQuestion) -> None:
    run.state.question = question
    run.move(_EVENTS[asked.request.kind])
    run.announce(asked.note_ref, marker=f"question-{asked.request.id}")


async def _answered(run: SessionRun) -> OpenQuestion:
    question = await _closed(run)
    run.state.question = None
    if question.request.state is RequestState.EXPIRED:
        so = "nothing was changed" if question.request.has_change else "the session stopped"
        raise EndRun(Ending.EXPIRED, f"Nobody answered before {question.request.deadline:%Y-%m-%d %H:%M} UTC, so {so}.")
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
                lambda: _is_closed(run) or _has_to_leave(run),
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
