"""Questions about tool calls: what of an agent's turn a person has to consent to, and how it is shown (A4)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH, digest_of
from duo_flows.domain.errors import NeverAgain, Refused
from duo_flows.domain.flow_definition import AgentComponent
from duo_flows.domain.redaction import redact
from duo_flows.domain.requests import Request, RequestKind, fitting_choices
from duo_flows.domain.sessions import SessionStatus
from duo_flows.domain.tool_approval import AskedCall, CallConsent, asked_call, batch_digest
from duo_flows.domain.tools import ToolSpec, tool_named

from .asking import Showing, put_question
from .contracts import AskAboutCalls, Asked, CallRequest, Scope
from .deps import Deps
from .question_texts import code_block
from .tool_consent import consent_to, consents_of, is_pre_approved
from .tool_rights import check_allowed, effective_arguments, validated

# Of all arguments together a person sees this much with the question, and the whole on asking for it: what is longer is not read.
_SHOWN_MAX = 12_000
# However many calls there are, so much of each shows what it is about.
_SHOWN_MIN_EACH = 300
# Longer than any tool's.
_NAME_MAX = 100


@dataclass(frozen=True, kw_only=True)
class _Call:
    """A call as it stands. `asked` is None where it will be refused anyway; `note` says why nobody has to be asked about it."""

    tool: str
    arguments: Any
    spec: ToolSpec | None = None
    asked: AskedCall | None = None
    note: str = ""


async def put_question_about_calls(deps: Deps, task: AskAboutCalls) -> Asked | None:
    """Put the question whether all these calls may be made; None where none of them needs anybody's consent.

    Raises:
        NeverAgain: the component is no agent.

    Effects: as `put_question`. The log line names each call by tool and digest: what consent is proven by later.
    """
    component = (await deps.definition(task.scope.definition_ref)).component(task.component)
    if not isinstance(component, AgentComponent):
        raise NeverAgain(f"{task.component!r} is no agent, and asks about no calls.", code="invalid_definition")
    consents = await consents_of(deps, task.scope)
    calls = [_judged(call, await deps.loaded(call.arguments), task.scope, component, consents) for call in task.calls]
    if all(call.note for call in calls):
        return None
    names = [call.asked.model_dump() for call in calls if call.asked is not None]
    showing = Showing(component=task.component, status=SessionStatus.TOOL_CALL_APPROVAL_REQUIRED, data={"calls": names})
    return await put_question(deps, task.scope, await _request(deps, task, calls), showing)


def _judged(requested: CallRequest, given: Any, scope: Scope, component: AgentComponent, consents: Sequence[CallConsent]) -> _Call:
    try:
        arguments = effective_arguments(component, requested.name, given)
        spec = tool_named(requested.name)
        check_allowed(spec, scope, by_agent=True)
        validated(spec, arguments)
        asked = asked_call(requested.id, requested.name, arguments)
    except Refused as reason:
        return _Call(tool=requested.name, arguments=given, note=f"will be refused: {reason}")
    note = "pre-approved by the flow" if is_pre_approved(component, requested.name) else ""
    if not note and consent_to(consents, asked, run=scope.run) is not None:
        note = "you have agreed to it"
    return _Call(tool=requested.name, arguments=arguments, spec=spec, asked=asked, note=note)


async def _request(deps: Deps, task: AskAboutCalls, calls: list[_Call]) -> Request:
    scope = task.scope
    request_id = digest_of([scope.session_id, scope.run, task.step, task.agent, task.turn])[:DIGEST_PREFIX_LENGTH]
    message, is_whole = _message(task.component, calls)
    change_ref = "" if is_whole else await deps.put_text(_in_full(calls))
    return Request(
        id=request_id,
        requester_id=scope.requester_id,
        requester=scope.requester,
        digest=batch_digest(request_id, [call.asked for call in calls if call.asked is not None]),
        deadline=task.deadline,
        message=message,
        change_ref=change_ref,
        kind=RequestKind.TOOL_CALLS,
        choices=fitting_choices(RequestKind.TOOL_CALLS, has_change=bool(change_ref)),
    )


def _message(component: str, calls: list[_Call]) -> tuple[str, bool]:
    """Return (the question as Markdown, whether it shows all arguments in full)."""
    limit = max(_SHOWN_MIN_EACH, _SHOWN_MAX // len(calls))
    texts = [_arguments_text(call) for call in calls]
    count = "this call" if len(calls) == 1 else f"these {len(calls)} calls"
    parts = [f"May **{component}** make {count}? One answer counts for all of them."]
    for number, (call, text) in enumerate(zip(calls, texts, strict=True), 1):
        parts.append(f"{number}. {_title(call)}\n\n{code_block(text, language='json', limit=limit)}")
    return "\n\n".join(parts), all(len(text) <= limit for text in texts)


def _title(call: _Call) -> str:
    # A model writes the name; it stays within its marks.
    name = f"`{' '.join(redact(call.tool)[:_NAME_MAX].replace('`', '').split())}`"
    what = f" ({call.spec.privilege}): {call.spec.description}" if call.spec is not None else ""
    return f"{name}{what}{f' **({redact(call.note)})**' if call.note else ''}"


def _arguments_text(call: _Call) -> str:
    return redact(json.dumps(call.arguments, indent=1, ensure_ascii=False))


def _in_full(calls: list[_Call]) -> str:
    return "\n\n".join(f"{call.tool}\n{_arguments_text(call)}" for call in calls)
