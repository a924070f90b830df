"""The tool that reads on in a result of the same session, as the session's own log proves it."""

from __future__ import annotations

from duo_flows.domain.errors import Refused
from duo_flows.domain.people import ACCESS_TO_READ, AccessLevel
from duo_flows.domain.sessions import LogEntry, LogKind
from duo_flows.domain.tool_results import asked_part
from duo_flows.domain.tools import ToolResultRead, tool_named

from .calls import ToolCallContext, ToolOutput

# Under this name the session log holds what is known of a result that was cut.
RESULT = "result"


async def read_tool_result(call: ToolCallContext, asked: ToolResultRead) -> ToolOutput:
    """Return a part of a stored result, for a requester who could still get it.

    Raises:
        Refused: no tool of this session gave such a result, or the requester's access has become less than was needed for it.
    """
    entry = await _entry(call, asked.result_id)
    await _check_access(call, entry)
    text = asked_part(await call.deps.text(entry.data[RESULT]["ref"]), asked)
    return ToolOutput({"text": text}, text, told=f"read on in result {asked.result_id} of {entry.data['tool']}")


async def _entry(call: ToolCallContext, result_id: str) -> LogEntry:
    lines = await call.deps.sessions.lines(call.scope.session_id, kind=LogKind.TOOL)
    kept = {line.data[RESULT]["id"]: line for line in lines if RESULT in line.data}
    if result_id not in kept:
        known = ", ".join(list(kept)[-5:]) or "none yet"
        raise Refused(
            f"No tool of this session has given a result {result_id!r}. Results that were cut, the latest last: {known}.",
            code="unknown_result",
        )
    return kept[result_id]


async def _check_access(call: ToolCallContext, entry: LogEntry) -> None:
    """Raise Refused unless the requester has what the tool needs, and reads confidential things if they were read then."""
    result, tool = entry.data[RESULT], tool_named(entry.data["tool"])
    level = await call.deps.forge.access_level(result["project_id"], call.scope.requester_id)
    needed = max(tool.access, min(AccessLevel(result["level"]), ACCESS_TO_READ))
    if level < needed:
        raise Refused(
            f"@{call.scope.requester} has {level.name.capitalize()} access to project {result['project_id']} now; this result of "
            f"{tool.name} needs {needed.name.capitalize()}.",
            code="requester_lacks_access",
        )
