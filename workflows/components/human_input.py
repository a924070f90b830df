"""HumanInputComponent: a question to the requester, with a deadline (A1 to A3). Waiting holds no process."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from activities.contracts import Ask, FindMissed, RequestContract
from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_context import resolve_inputs
from duo_flows.domain.flow_definition import HumanInputComponent
from duo_flows.domain.requests import ROUTER_WORDS, RequestState, expired
from duo_flows.domain.sessions import Ending, SessionEvent
from workflows import display, retries
from workflows.run_state import AgentState, EndRun, OpenQuestion
from workflows.session_run import SessionRun


async def run_human_input(run: SessionRun, component: HumanInputComponent) -> None:
    """Ask, and wait for the answer or the deadline; leaves `approval` (approve, reject or modify) and `message` in the context.

    Raises:
        EndRun: nobody answered in time, or somebody stopped the session.
    """
    if run.state.question is None:
        await _ask(run, component)
    question = await _answered(run)
    run.state.question = None
    if question.request.state is RequestState.EXPIRED:
        raise EndRun(
            Ending.EXPIRED, f"Nobody answered before {question.request.deadline:%Y-%m-%d %H:%M} UTC, so nothing was changed."
        )
    run.move(SessionEvent.RESUME)
    await run.report()
    run.state.context[component.name] = {"approval": ROUTER_WORDS[question.request.state], "message": question.words}
    _tell_agent(run, component, question)


async def _ask(run: SessionRun, component: HumanInputComponent) -> None:
    timeout = component.timeout or run.state.opened.limits.request_timeout
    change = resolve_inputs((component.change,), run.state.context)[component.change.name] if component.change else None
    task = Ask(
        scope=run.scope,
        component=component.name,
        step=run.state.step,
        inputs=resolve_inputs(component.inputs, run.state.context),
        change=change,
        choices=component.choices,
        deadline=workflow.now() + timeout,
    )
    asked_at = workflow.now()
    asked = await workflow.execute_activity_method(
        RequestContract.ask_requester, task, summary=f"{component.name}: ask @{run.state.opened.requester}", **retries.STORE
    )
    run.state.question = OpenQuestion(
        request=asked.request, message_ref=asked.message_ref, component=component.name, asked_at=asked_at
    )
    run.move(SessionEvent.REQUIRE_INPUT)
    run.announce(asked.note_ref, marker=f"question-{asked.request.id}")


async def _answered(run: SessionRun) -> OpenQuestion:
    """Return the question once it is closed. Answers arrive during every wait here; `People` rules on them one by one."""
    while True:
        question = _open_question(run)
        if question.request.is_closed:
            return question
        run.safe_point()
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


def _tell_agent(run: SessionRun, component: HumanInputComponent, question: OpenQuestion) -> None:
    said = {
        RequestState.MODIFIED: f"The proposal was not accepted. @{question.request.requester} says:\n\n{question.words}",
        RequestState.CANCELLED: "The person rejected this. Stop; do not go on with it.",
    }.get(question.request.state)
    if said is None:
        return
    agent = run.state.agents.get(component.sends_response_to, AgentState())
    run.state.agents[component.sends_response_to] = agent.model_copy(update={"messages": (*agent.messages, said)})
