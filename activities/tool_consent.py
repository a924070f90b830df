"""Where consent to a tool call is looked up: in the session's append-only log, never in what a workflow says (A4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duo_flows.domain.delegation import subsession_key
from duo_flows.domain.errors import Refused
from duo_flows.domain.flow_definition import AgentComponent, Component
from duo_flows.domain.sessions import LogKind
from duo_flows.domain.shown_whole import check_can_be_shown
from duo_flows.domain.tool_approval import AskedCall, CallConsent, CallMoment, asked_call, consents_in
from duo_flows.domain.tools import READ_TOOL_RESULT, ToolSpec, tool_named

from .contracts import Scope, ToolRun
from .deps import Deps


async def consents_of(deps: Deps, scope: Scope) -> tuple[CallConsent, ...]:
    """Return every consent to calls that the session's log proves, of all its runs."""
    requests = await deps.sessions.lines(scope.session_id, kind=LogKind.REQUEST)
    return consents_in(requests, await deps.sessions.lines(scope.session_id, kind=LogKind.ANSWER)) if requests else ()


def moment_of(task: ToolRun) -> CallMoment:
    """Return when a call is asked for."""
    agent = subsession_key(task.component, task.subsession)
    return CallMoment(run=task.scope.run, step=task.step, agent=agent, turn=task.turn)


def consent_to(consents: Sequence[CallConsent], call: AskedCall, *, moment: CallMoment) -> CallConsent | None:
    """Return the consent that covers this call."""
    return next((consent for consent in consents if consent.covers(call, moment=moment)), None)


def is_pre_approved(component: AgentComponent, tool: str) -> bool:
    """Tell whether nobody is asked about this tool: the flow says so, or it only reads on in what was consented to."""
    return tool in component.pre_approved_tools or tool == READ_TOOL_RESULT


def check_can_be_consented_to(spec: ToolSpec, arguments: dict[str, Any]) -> None:
    """Raise Refused if a call would write what a person cannot be shown: nobody can say yes to that."""
    if spec.is_write:
        check_can_be_shown(spec.name, arguments)


async def require_consent(deps: Deps, task: ToolRun, component: Component, arguments: dict[str, Any]) -> str:
    """Return by what the call may be made: `pre_approved`, the id of a request that was consented to, or "" where nobody is asked.

    Raises:
        Refused: the flow wants each call of this agent approved, and nobody has consented to this one, or could.
    """
    if not isinstance(component, AgentComponent) or not component.require_tool_approval:
        return ""
    if is_pre_approved(component, task.tool):
        return "pre_approved"
    check_can_be_consented_to(tool_named(task.tool), arguments)
    call = asked_call(task.call_id, task.tool, arguments)
    consent = consent_to(await consents_of(deps, task.scope), call, moment=moment_of(task))
    if consent is None:
        raise Refused(
            f"Nobody has consented to this call of {task.tool} with exactly these arguments, so it was not made. "
            "Ask for it again and wait for the answer, or go on without it.",
            code="no_consent",
        )
    return consent.request_id
