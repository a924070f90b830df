"""An agent whose tool calls are asked about, for the tests of consent."""

from typing import Any

from duo_flows.domain.model_turns import TurnReply
from duo_flows.domain.sessions import LogEntry, LogKind
from tests.doubles.world import RunningFlow, World, calls, says

APPROVED = """
version: v1
environment: ambient
components:
  - name: work
    type: AgentComponent
    prompt_id: p
    toolset: [get_job_logs, {create_merge_request_note: {merge_request_iid: 1}}]
    require_tool_approval: true
    pre_approved_tools: [get_job_logs]
prompts: [{prompt_id: p, prompt_template: {system: "x", user: "{{ goal }}"}}]
routers: [{from: work, to: end}]
flow: {entry_point: work}
"""


def note(body: str) -> tuple[str, dict[str, Any]]:
    """Return a call that writes a comment."""
    return "create_merge_request_note", {"body": body}


LOOK = ("get_job_logs", {"job_id": 50})
HELLO = note("Hello")


def asking(*turns: tuple[tuple[str, dict[str, Any]], ...]) -> World:
    """Return a world whose model asks for these calls, turn by turn, and answers then."""
    replies: list[TurnReply] = [calls(*turn) for turn in turns]
    return World(replies=[*replies, says("Done.")])


def written(world: World) -> list[str]:
    """Return the comments that tools have written, in order."""
    return [comment.body for comment in world.writer.comments.values()]


def told(world: World, *, turn: int) -> list[dict[str, Any]]:
    """Return the results of calls that the model read at the beginning of its turn, counted from 1."""
    return [block for block in world.planner.asked[turn - 1].messages[-1].content if block["type"] == "tool_result"]


async def lines(flow: RunningFlow, kind: LogKind) -> list[LogEntry]:
    """Return the session's lines of one kind."""
    return list(await flow.world.store.sessions.lines((await flow.session()).id, kind=kind))
