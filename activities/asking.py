"""Putting a question: its texts into the store, its line into the session log, itself where doors show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from duo_flows.domain.log_events import LogEvent
from duo_flows.domain.requests import Request
from duo_flows.domain.sessions import LogKind, NewLogEntry, SessionStatus, SessionUpdate
from duo_flows.domain.tool_approval import request_key

from .contracts import Asked, Scope
from .deps import Deps
from .log_lines import event_data_of
from .question_texts import question_text


@dataclass(frozen=True, kw_only=True)
class Showing:
    """Who asks, the session's status meanwhile, and what the log line holds beside what every request has."""

    component: str
    status: SessionStatus = SessionStatus.INPUT_REQUIRED
    data: Mapping[str, Any] = field(default_factory=dict)


async def put_question(deps: Deps, scope: Scope, request: Request, showing: Showing) -> Asked:
    """Put the question and return it.

    Effects: the session waits for the answer; one line in its log. Safe to repeat.
    """
    message_ref = await deps.put_text(request.message)
    note_ref = await deps.put_text(question_text(request, request.message, account=deps.account.username))
    is_about_calls = showing.status is SessionStatus.TOOL_CALL_APPROVAL_REQUIRED
    event = LogEvent.TOOL_APPROVAL_REQUEST if is_about_calls else LogEvent.USER_PROMPT
    shown = await event_data_of(deps, scope, showing.component, event)
    entry = NewLogEntry(
        key=request_key(scope.run, request.id),
        kind=LogKind.REQUEST,
        text=f"Asked @{request.requester}: {request.message}",
        component=showing.component,
        data={"request": request.id, "digest": request.digest, "deadline": request.deadline.isoformat(), **showing.data, **shown},
    )
    update = SessionUpdate(
        session_id=scope.session_id,
        run=scope.run,
        status=showing.status,
        step=showing.component,
        waiting=request.waiting(showing.component, question_ref=message_ref),
        entries=(entry,),
    )
    await deps.sessions.update(update)
    return Asked(request=request.model_copy(update={"message": ""}), message_ref=message_ref, note_ref=note_ref)
