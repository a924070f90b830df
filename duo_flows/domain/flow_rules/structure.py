"""Names that must exist, stand once and be free; where a flow begins; that all leads on; GitLab's limits of custom flows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from duo_flows.domain.flow_components import AgentComponent, OneOffComponent
from duo_flows.domain.flow_context import RESERVED_NAMES
from duo_flows.domain.flow_definition import ABORT, END

from .findings import Finding, Path, listed, unknown
from .index import FlowIndex
from .limits import CUSTOM_ENVIRONMENTS, KEYS_OF_BUILT_INS

_TAKEN = frozenset({END, ABORT, *RESERVED_NAMES})
_TARGET = "a component, end or abort"


def structure(index: FlowIndex) -> Iterator[Finding]:
    """Yield every name that does not lead where it should."""
    yield from _doubled(index)
    yield from _reserved(index)
    yield from _entry_point(index)
    yield from _routers(index)
    yield from _unrouted(index)
    yield from _prompts_and_schemas(index)


def _doubled(index: FlowIndex) -> Iterator[Finding]:
    definition = index.definition
    lists: tuple[tuple[str, str, Sequence[str]], ...] = (
        ("components", "name", [component.name for component in definition.components]),
        ("routers", "from", [router.from_ for router in definition.routers]),
        ("prompts", "prompt_id", [prompt.prompt_id for prompt in definition.prompts]),
        ("response_schemas", "schema_id", [schema.schema_id for schema in definition.response_schemas]),
        ("flow", "category", [given.category for given in definition.flow.inputs]),
    )
    for place, key, values in lists:
        seen: set[str] = set()
        for position, value in enumerate(values):
            at: Path = ("flow", "inputs", position, key) if place == "flow" else (place, position, key)
            if value in seen:
                yield Finding(at=at, found=f"{value} for the second time", allowed=f"each `{key}` once")
            seen.add(value)


def _reserved(index: FlowIndex) -> Iterator[Finding]:
    for position, component in enumerate(index.definition.components):
        if component.name in _TAKEN:
            allowed = f"any name but {', '.join(sorted(_TAKEN))}"
            yield Finding(at=("components", position, "name"), found=component.name, allowed=allowed)


def _entry_point(index: FlowIndex) -> Iterator[Finding]:
    definition = index.definition
    # GitLab's chat-partial is one agent without routers and without an entry point.
    if definition.environment == "chat-partial" and not definition.flow.entry_point:
        return
    at: Path = ("flow", "entry_point")
    if not definition.flow.entry_point:
        yield Finding(at=at, found="nothing", allowed="the component to begin with", names=())
        return
    yield from unknown(definition.flow.entry_point, index.names, at=at, what="a component")


def _routers(index: FlowIndex) -> Iterator[Finding]:
    targets = (*index.names, END, ABORT)
    known = frozenset(targets)
    for position, router in enumerate(index.definition.routers):
        place: Path = ("routers", position)
        if router.from_ not in index.components:
            yield from unknown(router.from_, index.names, at=(*place, "from"), what="a component")
        if router.condition is None:
            ways: dict[Path, str] = {(*place, "to"): router.to or ""}
        else:
            ways = {(*place, "condition", "routes", value): target for value, target in router.condition.routes.items()}
        for at, target in ways.items():
            if target not in known:
                yield from unknown(target, targets, at=at, what=_TARGET)


def _unrouted(index: FlowIndex) -> Iterator[Finding]:
    if index.definition.environment == "chat-partial":
        return
    for position, component in enumerate(index.definition.components):
        name = component.name
        if name not in index.routers and name not in index.supervisors:
            found, allowed = f"{name} without a router", f"a router `from: {name}`"
            yield Finding(at=("components", position, "name"), found=found, allowed=allowed)


def _prompts_and_schemas(index: FlowIndex) -> Iterator[Finding]:
    prompts, schemas = tuple(index.prompts), tuple(index.schemas)
    for position, component in enumerate(index.definition.components):
        place: Path = ("components", position)
        if isinstance(component, AgentComponent | OneOffComponent) and component.prompt_id not in index.prompts:
            what = "an inline prompt (the texts of GitLab's own prompt registry are not here)"
            yield from unknown(component.prompt_id, prompts, at=(*place, "prompt_id"), what=what)
        if isinstance(component, AgentComponent):
            yield from _schema(component, schemas, place=place)


def _schema(component: AgentComponent, schemas: tuple[str, ...], *, place: Path) -> Iterator[Finding]:
    if component.response_schema_id is not None:
        what = "an inline response schema (those of GitLab's own schema registry are not here)"
        yield from unknown(component.response_schema_id, schemas, at=(*place, "response_schema_id"), what=what)
    elif component.response_schema_version is not None:
        at = (*place, "response_schema_version")
        yield Finding(at=at, found=component.response_schema_version, allowed="only together with response_schema_id")


def custom_limits(index: FlowIndex) -> Iterator[Finding]:
    """Yield what GitLab refuses in custom flows, but for response_schema_id, which is accepted here too.

    Source: GitLab's documentation of custom flows' YAML schema.
    """
    definition = index.definition
    for key in sorted(KEYS_OF_BUILT_INS["FlowDefinition"]):
        if value := getattr(definition, key):
            yield Finding(at=(key,), found=value, allowed="not in a custom flow: GitLab keeps it beside the file")
    if definition.environment not in CUSTOM_ENVIRONMENTS:
        allowed = f"{listed(CUSTOM_ENVIRONMENTS)}, in a custom flow"
        yield Finding(at=("environment",), found=definition.environment, allowed=allowed, names=CUSTOM_ENVIRONMENTS)
    for position, prompt in enumerate(definition.prompts):
        if prompt.params.stop is not None:
            yield Finding(at=("prompts", position, "params", "stop"), found="stop", allowed="no `stop` in a custom flow")
    for position, component in enumerate(definition.components):
        if isinstance(component, OneOffComponent) and component.ui_role_as is not None:
            at = ("components", position, "ui_role_as")
            allowed = "no `ui_role_as` on a OneOffComponent of a custom flow"
            yield Finding(at=at, found=component.ui_role_as, allowed=allowed)
