"""Which event a line is, whether its component shows it, and who speaks: as GitLab's chat has it."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from duo_flows.domain import flow_components
from duo_flows.domain.flow_definition import AgentComponent, DeterministicStepComponent, HumanInputComponent, OneOffComponent
from duo_flows.domain.log_events import LogEvent, event_data, is_curated
from duo_flows.domain.sessions import LogEntry, LogKind


def agent(**fields):
    return AgentComponent(name="work", prompt_id="p", **fields)


def line(kind=LogKind.TOOL, **data):
    return LogEntry(key="k", kind=kind, text="Something.", data=data, seq=1, run=1, at=datetime(2026, 3, 2, tzinfo=UTC))


def test_the_events_are_those_that_flow_files_can_name():
    names = ("AgentLogEvent", "StepLogEvent", "OneOffLogEvent", "HumanLogEvent")
    in_files = {event for name in names for event in get_args(getattr(flow_components, name))}

    assert in_files == {str(event) for event in LogEvent}


@pytest.mark.parametrize(
    ("component", "event", "is_shown", "role"),
    [
        (agent(ui_log_events=("on_agent_reasoning",)), LogEvent.REASONING, True, "agent"),
        (agent(ui_log_events=("on_agent_reasoning",)), LogEvent.FINAL_ANSWER, False, "agent"),
        (agent(), LogEvent.TOOL_SUCCESS, False, "tool"),
        (agent(ui_log_events=("on_agent_reasoning",), ui_role_as="tool"), LogEvent.REASONING, True, "tool"),
        (agent(ui_log_events=("on_tool_approval_request",)), LogEvent.USER_RESPONSE, True, "user"),
        (agent(ui_role_as="tool"), LogEvent.USER_RESPONSE, False, "user"),
        (
            DeterministicStepComponent(name="s", tool_name="t", ui_log_events=("on_tool_execution_failed",), ui_role_as="agent"),
            LogEvent.TOOL_FAILED,
            True,
            "agent",
        ),
        (
            OneOffComponent(name="o", prompt_id="p", toolset=(), ui_log_events=("on_tool_call_input",)),
            LogEvent.TOOL_CALL_INPUT,
            True,
            "tool",
        ),
        (
            HumanInputComponent(name="h", sends_response_to="s", message_template="?", ui_log_events=("on_user_input_prompt",)),
            LogEvent.USER_PROMPT,
            True,
            "agent",
        ),
        (
            HumanInputComponent(name="h", sends_response_to="s", message_template="?", ui_log_events=("on_user_input_prompt",)),
            LogEvent.USER_RESPONSE,
            False,
            "user",
        ),
    ],
)
def test_a_component_shows_what_it_lists_in_the_role_that_it_names(component, event, is_shown, role):
    assert event_data(component, event) == {"event": str(event), "is_shown": is_shown, "role": role}


@pytest.mark.parametrize("kind", LogKind)
def test_what_is_shown_is_curated_whatever_it_is(kind):
    assert is_curated(line(kind, is_shown=True))


@pytest.mark.parametrize("kind", LogKind)
def test_of_what_is_not_shown_only_the_frame_of_a_run_is_curated(kind):
    assert is_curated(line(kind, is_shown=False)) == (kind in {LogKind.STATUS, LogKind.ENDING})
    assert is_curated(line(kind)) == (kind in {LogKind.STATUS, LogKind.ENDING})
