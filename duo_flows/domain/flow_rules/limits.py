"""Values that are right by their kind and still do not do: they contradict each other, or are not for a flow to give.

The words that a flow may use stand here too, so that what is told as allowed is never refused afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from duo_flows.domain.flow_components import AgentComponent
from duo_flows.domain.flow_definition import FlowInputs, Router
from duo_flows.domain.requests import CHOICES, RequestKind
from duo_flows.domain.sessions import Ending
from duo_flows.domain.versions import Version, fits

from .findings import Finding, Path, listed, unknown
from .index import FlowIndex

# The other endings are given by a person, a deadline, the operator's cap, or what does not pass.
ENDINGS_OF_FLOWS = tuple(
    str(ending) for ending in Ending if ending not in {Ending.STOPPED, Ending.EXPIRED, Ending.COST_CAP, Ending.FAULT}
)
# What a question of a flow may offer; `always` is an answer to calls of tools.
CHOICES_OF_FLOWS: Mapping[str, tuple[str, ...]] = {
    str(kind): tuple(str(choice) for choice in CHOICES[kind]) for kind in (RequestKind.APPROVAL, RequestKind.INPUT)
}
# GitLab's limits of custom flows: keys that only built-in flows have, by the model that has them.
KEYS_OF_BUILT_INS: Mapping[str, frozenset[str]] = {
    "FlowDefinition": frozenset({"name", "description", "product_group"}),
    "PromptParams": frozenset({"stop"}),
    "OneOffComponent": frozenset({"ui_role_as"}),
}
CUSTOM_ENVIRONMENTS = ("ambient",)
# JSON Schema's.
TYPES_OF_INPUTS = ("string", "integer", "number", "boolean", "array", "object", "null")
# Those of JSON Schema that a start is checked by.
FORMATS_OF_INPUTS = ("date", "date-time", "time", "uri", "email", "uuid", "ipv4", "ipv6")
_ANY_VERSION = Version(major=1)


def limits(index: FlowIndex) -> Iterator[Finding]:
    """Yield every value that does not do."""
    for position, component in enumerate(index.definition.components):
        if isinstance(component, AgentComponent):
            yield from _warning_offset(component, at=("components", position, "max_cycles", "iteration_warning_offset"))
    for position, router in enumerate(index.definition.routers):
        yield from _endings(router, at=("routers", position))
    for position, entry in enumerate(index.definition.flow.inputs):
        yield from _inputs(entry, at=("flow", "inputs", position))


def formats(index: FlowIndex) -> Iterator[Finding]:
    """Yield every format of an input that nothing is checked by. JSON Schema lets it pass."""
    what = "a format that a start is checked by"
    for position, entry in enumerate(index.definition.flow.inputs):
        for name, field in entry.input_schema.items():
            if field.format is not None:
                at: Path = ("flow", "inputs", position, "input_schema", name, "format")
                yield from unknown(field.format, FORMATS_OF_INPUTS, at=at, what=what)


def _warning_offset(component: AgentComponent, *, at: Path) -> Iterator[Finding]:
    limit = component.max_cycles
    if limit.iteration_warning_offset is not None and limit.iteration_warning_offset >= limit.threshold:
        allowed = f"less than `threshold`, which is {limit.threshold}: so many rounds before it the agent is warned"
        yield Finding(at=at, found=str(limit.iteration_warning_offset), allowed=allowed)


def _endings(router: Router, *, at: Path) -> Iterator[Finding]:
    what = "an ending that a flow gives"
    if router.ending is not None:
        yield from unknown(str(router.ending), ENDINGS_OF_FLOWS, at=(*at, "ending"), what=what)
    for value, ending in router.endings.items():
        yield from unknown(str(ending), ENDINGS_OF_FLOWS, at=(*at, "endings", value), what=what)


def _inputs(entry: FlowInputs, *, at: Path) -> Iterator[Finding]:
    for name, field in entry.input_schema.items():
        yield from unknown(field.type, TYPES_OF_INPUTS, at=(*at, "input_schema", name, "type"), what="a type of JSON Schema")
    if entry.version_constraint is not None and not _is_a_constraint(entry.version_constraint):
        allowed = f"a constraint on versions: {listed(('^1.2.0', '~1.2.0', '>=1.2.0', '1.2.0'))}"
        yield Finding(at=(*at, "version_constraint"), found=entry.version_constraint, allowed=allowed)


def _is_a_constraint(text: str) -> bool:
    try:
        fits(_ANY_VERSION, text)
    except ValueError:
        return False
    return True
