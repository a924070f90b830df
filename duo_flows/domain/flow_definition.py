"""A flow's definition as a frozen value: GitLab's flow registry schema v1, and our optional keys.

What can be said of one part alone is checked here; what ties parts together is checked in `flow_checks`. Reading files and naming
lines is the adapter's. Source: GitLab's flow registry documentation, version v1.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from .errors import NeverAgain
from .flow_components import (
    AgentComponent,
    Component,
    CycleLimit,
    DeterministicStepComponent,
    FlowModel,
    HumanInputComponent,
    Input,
    OneOffComponent,
    SubAgent,
    ToolUse,
)
from .sessions import Ending

__all__ = [
    "ABORT",
    "DEFAULT_ROUTE",
    "END",
    "AgentComponent",
    "Component",
    "Condition",
    "CycleLimit",
    "DeterministicStepComponent",
    "FlowDefinition",
    "FlowEntry",
    "FlowInputs",
    "HumanInputComponent",
    "Input",
    "InputField",
    "OneOffComponent",
    "Prompt",
    "PromptParams",
    "PromptTemplate",
    "ResponseSchema",
    "Router",
    "SubAgent",
    "ToolUse",
]

# GitLab's built-in targets of routers, and the route that is taken where no other fits.
END = "end"
ABORT = "abort"
DEFAULT_ROUTE = "default_route"

# A value longer than this is never read inline by a router, so a longer route could never be taken.
ROUTE_MAX_LENGTH = 200


class Condition(FlowModel):
    """Which way to go, by the text of a value."""

    input: Input
    routes: dict[Annotated[str, Field(max_length=ROUTE_MAX_LENGTH)], str] = Field(min_length=1)

    @model_validator(mode="after")
    def _reads_what_routers_may(self) -> Condition:
        if self.input.target not in {"context", "status"}:
            raise ValueError("a router reads from `context:` or `status`")
        return self


class Router(FlowModel):
    """What comes after a component: `to`, or by `condition`.

    Ours: `ending` says how a run ends that goes straight `to: end`; `endings` says it for routes of a condition that lead there.
    """

    from_: str = Field(alias="from")
    to: str | None = None
    condition: Condition | None = None
    ending: Ending | None = None
    endings: dict[str, Ending] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _goes_one_way(self) -> Router:
        if (self.to is None) == (self.condition is None):
            raise ValueError("a router has either `to` or `condition`")
        if self.ending is not None and self.to != END:
            raise ValueError("`ending` belongs to a router with `to: end`; a condition has `endings`")
        routes = self.condition.routes if self.condition else {}
        stray = [value for value in self.endings if routes.get(value) != END]
        if stray:
            raise ValueError(f"`endings` names {stray[0]!r}, which is not a route to `end`")
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """Return every name this router can lead to, in the file's order."""
        return tuple(self.condition.routes.values()) if self.condition else (self.to or "",)


class InputField(FlowModel):
    """One field of the context that a flow asks for at its start, in JSON Schema's words."""

    type: str
    format: str | None = None
    description: str | None = None
    optional: bool = False


class FlowInputs(FlowModel):
    """A category of additional context that a flow asks for; read as `context:inputs.<category>.<field>`."""

    category: str
    version_constraint: str | None = None
    input_schema: dict[str, InputField] = Field(default_factory=dict)


class FlowEntry(FlowModel):
    """Where a flow begins, and what it must be given. Without an entry point only in `chat-partial`.

    Ours: `summary`, a Jinja2 template over the context and `ending`, `reason`, that says what became of the session.
    """

    entry_point: str = ""
    inputs: tuple[FlowInputs, ...] = ()
    summary: str = ""


class PromptTemplate(FlowModel):
    """Jinja2 templates; their variables are the component's inputs."""

    system: str = ""
    user: str = ""
    placeholder: str | None = None


class PromptParams(FlowModel):
    """How a prompt is run; `timeout` in seconds."""

    timeout: float | None = Field(default=None, gt=0)
    stop: tuple[str, ...] | None = None
    vertex_location: str | None = None


class Prompt(FlowModel):
    """An inline prompt."""

    prompt_id: str
    name: str = ""
    unit_primitives: tuple[str, ...] = ()
    prompt_template: PromptTemplate
    params: PromptParams = PromptParams()


def _schema_from_text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError("the text is not JSON; write the schema as a mapping or as a JSON text") from None


class ResponseSchema(FlowModel):
    """The JSON Schema of a final answer; in a file also as a JSON text."""

    schema_id: str
    definition: Annotated[dict[str, Any], BeforeValidator(_schema_from_text)]

    @model_validator(mode="after")
    def _describes_an_object(self) -> ResponseSchema:
        if self.definition.get("type") != "object":
            raise ValueError("a response schema has `type: object` at its top")
        return self


class FlowDefinition(FlowModel):
    """A whole flow."""

    version: Literal["v1"]
    environment: Literal["ambient", "chat", "chat-partial"]
    name: str = ""
    description: str = ""
    product_group: str = ""
    components: tuple[Component, ...] = Field(min_length=1)
    routers: tuple[Router, ...]
    flow: FlowEntry
    prompts: tuple[Prompt, ...] = ()
    response_schemas: tuple[ResponseSchema, ...] = ()

    def component(self, name: str) -> Component:
        """Return the component of this name.

        Raises:
            NeverAgain: there is none; a checked definition never comes here.
        """
        found = next((component for component in self.components if component.name == name), None)
        if found is None:
            raise NeverAgain(f"The flow has no component {name!r}.", code="invalid_definition")
        return found

    def prompt(self, prompt_id: str) -> Prompt:
        """Return the inline prompt of this id.

        Raises:
            NeverAgain: there is none; a checked definition never comes here.
        """
        found = next((prompt for prompt in self.prompts if prompt.prompt_id == prompt_id), None)
        if found is None:
            raise NeverAgain(f"The flow has no prompt {prompt_id!r}.", code="invalid_definition")
        return found

    def schema(self, schema_id: str | None) -> dict[str, Any] | None:  # type: ignore[override]
        """Return the response schema of this id, or None."""
        return next((entry.definition for entry in self.response_schemas if entry.schema_id == schema_id), None)
