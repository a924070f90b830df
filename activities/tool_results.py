"""What becomes of a tool's result on its way to a model: secrets out first, then the cut; the whole stays within reach."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from duo_flows.domain.redaction import redact, redact_value
from duo_flows.domain.tool_results import RESULT_MAX, first_part

from .deps import Deps
from .tools import Place, ToolOutput
from .tools.results import RESULT

# GitLab keeps this much of a tool's response in a session's messages.
_LOG_DATA_MAX = 4_096
_LOG_LINE_MAX = 200
# So many digits of a digest tell the results of one session apart.
_ID_DIGITS = 16


@dataclass(frozen=True)
class KeptResult:
    """A result as a model gets it: its text by reference, and what the session log holds of one that was cut."""

    text_ref: str
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return what tells a cut result from another one of the same call, tried again; empty for a whole one."""
        return f"/{self.data[RESULT]['id']}" if self.data else ""


async def keep_result(deps: Deps, output: ToolOutput, place: Place) -> KeptResult:
    """Return a tool's result as it is shown.

    Effects: stores the shown text and, where it is cut, the whole redacted one. What is written into the log with it is what proves
    later that the result is this session's.
    """
    text = text_for_model(output)
    if len(text) <= RESULT_MAX:
        return KeptResult(await deps.put_text(text))
    ref = await deps.put_text(text)
    result_id = ref[:_ID_DIGITS]
    shown = await deps.put_text(first_part(text, result_id=result_id))
    return KeptResult(shown, {RESULT: {"id": result_id, "ref": ref, "project_id": place.project_id, "level": int(place.level)}})


def text_for_model(output: ToolOutput) -> str:
    """Return the whole text without secrets; values lose theirs before JSON hides line ends and codes."""
    if output.text is not None:
        return redact(output.text)
    return redact(ToolOutput(redact_value(output.value)).for_model())


def line_for_log(output: ToolOutput) -> str:
    """Return what the session log says of a result, in one line."""
    value = output.value if isinstance(output.value, dict) else {}
    outcome = output.told or value.get("outcome")
    return redact(str(outcome) if outcome else text_for_model(output).split("\n", 1)[0])[:_LOG_LINE_MAX]


def arguments_for_log(arguments: Any) -> str:
    """Return a call's arguments as the session log shows them: JSON, without secrets, capped."""
    text = redact(json.dumps(redact_value(arguments), ensure_ascii=False))
    return text if len(text) <= _LOG_DATA_MAX else text[:_LOG_DATA_MAX] + "…"
