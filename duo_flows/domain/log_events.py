"""Which lines of a session log people are shown first: the events that a component lists in `ui_log_events`, as in GitLab's chat.

Pure. The log keeps everything; a line only says which event it is, whether its component shows it, and who speaks in it.
Source: GitLab's flow registry documentation, "UI log events".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from .flow_definition import AgentComponent, Component, HumanInputComponent
from .sessions import LogEntry, LogKind


class LogEvent(StrEnum):
    """GitLab's events."""

    FINAL_ANSWER = "on_agent_final_answer"
    REASONING = "on_agent_reasoning"
    TOOL_SUCCESS = "on_tool_execution_success"
    TOOL_FAILED = "on_tool_execution_failed"
    TOOL_CALL_INPUT = "on_tool_call_input"
    TOOL_APPROVAL_REQUEST = "on_tool_approval_request"
    DELEGATION = "on_delegation"
    DELEGATION_RETURNS = "on_delegation_returns"
    DELEGATION_ERROR = "on_delegation_error"
    USER_PROMPT = "on_user_input_prompt"
    USER_RESPONSE = "on_user_response"


_E = LogEvent
_ROLES: Mapping[LogEvent, str] = {
    **dict.fromkeys((_E.FINAL_ANSWER, _E.REASONING, _E.TOOL_APPROVAL_REQUEST, _E.USER_PROMPT), "agent"),
    **dict.fromkeys((_E.TOOL_SUCCESS, _E.TOOL_FAILED, _E.TOOL_CALL_INPUT), "tool"),
    **dict.fromkeys((_E.DELEGATION, _E.DELEGATION_RETURNS, _E.DELEGATION_ERROR), "tool"),
    _E.USER_RESPONSE: "user",
}

# Where a run begins, pauses and ends is shown in any case: a story without its end is none.
_ALWAYS_SHOWN = frozenset({LogKind.STATUS, LogKind.ENDING})


def event_data(component: Component, event: LogEvent) -> dict[str, Any]:
    """Return what a line says of its event: `event`, `is_shown`, and the `role` (agent, tool or user) that speaks."""
    own = None if isinstance(component, HumanInputComponent) or event is LogEvent.USER_RESPONSE else component.ui_role_as
    return {"event": str(event), "is_shown": is_shown(component, event), "role": own or _ROLES[event]}


def is_shown(component: Component, event: LogEvent) -> bool:
    """Tell whether a component shows an event. Who shows that calls were asked about shows the answer too."""
    listed: tuple[str, ...] = component.ui_log_events
    is_answer_about_calls = isinstance(component, AgentComponent) and event is LogEvent.USER_RESPONSE
    return str(LogEvent.TOOL_APPROVAL_REQUEST if is_answer_about_calls else event) in listed


def is_curated(line: LogEntry) -> bool:
    """Tell whether a line belongs to the curated view of its log."""
    return line.kind in _ALWAYS_SHOWN or line.data.get("is_shown") is True
