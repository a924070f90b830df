"""Where consent to a tool call is looked up: in the session's append-only log, never in what a workflow says (A4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duo_flows.domain.errors import Refused
from duo_flows.domain.flow_definition import AgentComponent, Component
from duo_flows.domain.sessions import LogKind
from duo_flows.domain.tool_approval import AskedCall, CallConsent, asked_call, consents_in
from duo_flows.domain.tools import READ_TOOL_RESULT

from .contracts import Scope, ToolRun
from .deps import Deps


async def consents_of(deps: Deps, scope: Scope) -> tuple[CallConsent, ...]:
    """Return every consent to calls that the session's log proves, of all its runs."""
    requests = await deps.sessions.lines(scope.session_id, kind=LogKind.REQUEST)
    return consents_in(requests, await deps.sessions.lines(scope.session_id, kind=LogKind.ANSWER)) if requests else ()


def consent_to(consents: Sequence[CallConsent], call: AskedCall, *, run: int) -> CallConsent | None:
    """Return the consent that covers this call."""
    return next((consent for consent in consents if consent.covers(call, run=run)), None)


def is_pre_approved(component: AgentComponent, tool: str) -> bool:
    """Tell whether nobody is asked about this tool: the flow says so, or it only reads on in what was consented to."""
    return tool in component.pre_approved_tools or tool == READ_TOOL_RESULT


async def require_consent(deps: Deps, task: ToolRun, component: Component, arguments: dict[str, Any]) -> str:
    """Return by what the call may be made: `pre_approved`, the id of a request that was consented to, or "" where nobody is asked.

    Raises:
        Refused: the flow wants each call of this agent approved, and nobody has consented to this one.
    """
    if not isinstance(component, AgentComponent) or not component.require_tool_approval:
        return ""
    if is_pre_approved(component, task.tool):
        return "pre_approved"
    call = asked_call(task.call_id, task.tool, arguments)
    consent = consent_to(await consents_of(deps, task.scope), call, run=task.scope.run)
    if consent is None:
        raise Refused(
            f"Nobody has consented to this call of {task.tool} with exactly these arguments, so it was not made. "
            "Ask for it again and wait for the answer, or go on without it.",
            code="no_consent",
        )
    return consent.request_id
