"""What lines of the session log say of themselves, where the definition has to be looked into for it."""

from __future__ import annotations

from typing import Any

from duo_flows.domain.delegation import component_of
from duo_flows.domain.log_events import LogEvent, event_data

from .contracts import Scope
from .deps import Deps


async def event_data_of(deps: Deps, scope: Scope, component: str, event: LogEvent) -> dict[str, Any]:
    """Return what a line of a component, or of a subsession of one, says of its event; nothing where there is no such component."""
    definition = await deps.definition(scope.definition_ref)
    named = next((one for one in definition.components if one.name == component_of(component)), None)
    return event_data(named, event) if named else {}
