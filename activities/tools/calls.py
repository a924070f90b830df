"""What a tool is handed, and what it gives back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from activities.contracts import Scope
from activities.deps import Deps
from duo_flows.domain.people import AccessLevel


@dataclass(frozen=True, kw_only=True)
class Place:
    """The project that a call is about, and the requester's own access to it, looked up for this call."""

    project_id: int
    project_path: str
    level: AccessLevel
    is_own: bool = True


@dataclass(frozen=True, kw_only=True)
class ToolCallContext:
    """For whom a tool is called, and the outside.

    `call_key` names the call within its session: the same for every try of it, and for no other call. `place` is the session's own
    project, but for a tool that only reads and was told another one. `component` is who calls, as the session log names it.
    """

    deps: Deps
    scope: Scope
    place: Place
    call_key: str = ""
    component: str = ""


@dataclass(frozen=True)
class ToolOutput:
    """What a tool gives: a JSON value for the context, and a text for a model (the value as JSON if none is given).

    `told` is what the session log says of it; without it the value's outcome, or the text's first line.
    """

    value: Any
    text: str | None = None
    told: str = ""

    def for_model(self) -> str:
        """Return the text for a model."""
        return self.text if self.text is not None else json.dumps(self.value, indent=1, ensure_ascii=False)
