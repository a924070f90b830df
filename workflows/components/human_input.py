"""HumanInputComponent: a question to the requester, with a deadline (A1 to A3). Waiting holds no process."""

from __future__ import annotations

from temporalio import workflow

from activities.contracts import Ask, Asked, RequestContract
from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_definition import HumanInputComponent
from duo_flows.domain.requests import ROUTER_WORDS, RequestState
from workflows import questions, retries
from workflows.run_state import AgentState, OpenQuestion
from workflows.session_run import SessionRun


async def run_human_input(run: SessionRun, component: HumanInputComponent) -> None:
    """Ask, and wait for the answer or the deadline; leaves `approval` (a word of ROUTER_WORDS) and `message` in the context.

    Raises:
        EndRun: nobody answered in time, or somebody stopped the session.
        ContinueAsNew: the run goes on in a new history, with the question still open.
    """
    question = await questions.ask(run, lambda: _put(run, component), asker=component.name, component=component.name)
    if question is None:
        raise NeverAgain(f"{component.name!r} has asked nothing.", code="invalid_state")
    run.state.context[component.name] = {"approval": ROUTER_WORDS[question.request.state], "message": question.words}
    _tell_agent(run, component, question)


async def _put(run: SessionRun, component: HumanInputComponent) -> Asked:
    timeout = component.timeout or run.state.opened.limits.request_timeout
    change = run.read((component.change,))[component.change.name] if component.change else None
    task = Ask(
        scope=run.scope,
        component=component.name,
        step=run.state.step,
        inputs=run.read(component.inputs),
        change=change,
        answer=(run.state.context.get(component.sends_response_to) or {}).get("final_answer"),
        choices=component.choices,
        deadline=workflow.now() + timeout,
    )
    return await workflow.execute_activity_method(
        RequestContract.ask_requester, task, summary=f"{component.name}: ask @{run.state.opened.requester}", **retries.STORE
    )


def _tell_agent(run: SessionRun, component: HumanInputComponent, question: OpenQuestion) -> None:
    said = {
        RequestState.MODIFIED: f"The proposal was not accepted. @{question.request.requester} says:\n\n{question.words}",
        RequestState.RESPONDED: question.words,
        RequestState.CANCELLED: "The person rejected this. Stop; do not go on with it.",
    }.get(question.request.state)
    if said is None:
        return
    agent = run.state.agents.get(component.sends_response_to, AgentState())
    run.state.agents[component.sends_response_to] = agent.model_copy(update={"messages": (*agent.messages, said)})
