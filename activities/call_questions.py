"""Questions about tool calls: what of an agent's turn a person has to consent to, and how it is shown (A4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH, digest_of
from duo_flows.domain.errors import NeverAgain, Refused
from duo_flows.domain.flow_definition import AgentComponent
from duo_flows.domain.redaction import redact
from duo_flows.domain.requests import Request, RequestKind, fitting_choices
from duo_flows.domain.sessions import SessionStatus
from duo_flows.domain.shown_whole import ShownArguments, shown_arguments
from duo_flows.domain.tool_approval import AskedCall, CallConsent, CallMoment, asked_call, batch_digest
from duo_flows.domain.tools import ToolSpec, tool_named
from duo_flows.domain.visible_text import in_one_line, visible

from .asking import Showing, put_question
from .contracts import AskAboutCalls, Asked, CallRequest
from .deps import Deps
from .question_texts import code_block
from .tool_consent import check_can_be_consented_to, consent_to, consents_of, is_pre_approved
from .tool_rights import check_allowed, effective_arguments, validated

# Of all arguments together a person sees this much with the question, and the whole on asking for it: what is longer is not read.
_SHOWN_MAX = 12_000
# However many calls there are, so much of each shows what it is about.
_SHOWN_MIN_EACH = 300
# Longer than any tool's.
_NAME_MAX = 100
# Reasons repeat what a model wrote.
_NOTE_MAX = 300
# A person who wants to know of more asks for the calls in full.
_FIELDS_MAX = 10


@dataclass(frozen=True, kw_only=True)
class _Call:
    """A call as it stands. `note` says why nobody has to be asked about it; with a `refusal` it will not be made."""

    tool: str
    shown: ShownArguments
    spec: ToolSpec | None = None
    asked: AskedCall | None = None
    note: str = ""
    refusal: str = ""

    @property
    def is_settled(self) -> bool:
        return bool(self.note or self.refusal)


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
    calls = [_judged(call, await deps.loaded(call.arguments), task, component, consents) for call in task.calls]
    if all(call.is_settled for call in calls):
        return None
    names = [call.asked.model_dump() for call in calls if call.asked is not None]
    data = {"step": task.step, "agent": task.agent, "turn": task.turn, "calls": names}
    showing = Showing(component=task.component, status=SessionStatus.TOOL_CALL_APPROVAL_REQUIRED, data=data)
    return await put_question(deps, task.scope, await _request(deps, task, calls), showing)


def _judged(
    requested: CallRequest, given: Any, task: AskAboutCalls, component: AgentComponent, consents: Sequence[CallConsent]
) -> _Call:
    moment = CallMoment(run=task.scope.run, step=task.step, agent=task.agent, turn=task.turn)
    if requested.problem:
        return _Call(tool=requested.name, shown=shown_arguments(given), refusal=requested.problem)
    try:
        arguments = effective_arguments(component, requested.name, given)
        spec = tool_named(requested.name)
        check_allowed(spec, task.scope, by_agent=True)
        validated(spec, arguments)
        note = "pre-approved by the flow" if is_pre_approved(component, requested.name) else ""
        if not note:
            check_can_be_consented_to(spec, arguments)
        asked = asked_call(requested.id, requested.name, arguments)
    except Refused as reason:
        return _Call(tool=requested.name, shown=shown_arguments(given), refusal=str(reason))
    if not note and consent_to(consents, asked, moment=moment) is not None:
        note = "you have agreed to it"
    return _Call(tool=requested.name, shown=shown_arguments(arguments), spec=spec, asked=asked, note=note)


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
    question = f"May **{component}** make these {len(calls)} calls? One answer counts for all of them."
    parts = [f"May **{component}** make this call?" if len(calls) == 1 else question]
    for number, call in enumerate(calls, 1):
        parts.append(f"{number}. {_title(call)}{_marks(call)}\n\n{code_block(call.shown.text, language='json', limit=limit)}")
    return "\n\n".join(parts), all(call.shown.text == call.shown.exact and len(call.shown.text) <= limit for call in calls)


def _title(call: _Call) -> str:
    # A model writes the name, and reasons repeat what it wrote; both stay within their marks.
    name = in_one_line(redact(call.tool), limit=_NAME_MAX)
    what = f" ({call.spec.privilege}): {call.spec.description}" if call.spec is not None else ""
    note = f" **({call.note})**" if call.note else ""
    refusal = f" **(will be refused)** {in_one_line(redact(call.refusal), limit=_NOTE_MAX)}" if call.refusal else ""
    return f"{name}{what}{note}{refusal}"


def _marks(call: _Call) -> str:
    """Return what is shown otherwise than it was given, said before it so that no cut hides it."""
    marks = (("Shown decoded from Base64", call.shown.decoded), ("Not shown, since it looks like a secret", call.shown.redacted))
    return "".join(f"\n\n{what}: {in_one_line(', '.join(paths[:_FIELDS_MAX]), limit=_NOTE_MAX)}." for what, paths in marks if paths)


def _in_full(calls: list[_Call]) -> str:
    """Return the calls with exactly the bytes that they will be made with, but for secrets in calls that write nothing."""
    return "\n\n".join(f"{visible(call.tool[:_NAME_MAX])}\n{call.shown.exact}" for call in calls)
