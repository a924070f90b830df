"""The port `FlowFiles`, served by this folder's readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from duo_flows.domain.errors import NotFound
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.policy import ProjectPolicy

from .answers import read_answer
from .catalogue import CatalogueFlows
from .ci_includes import foreign_includes
from .loader import load_flow
from .policy_file import policy_of
from .templates import render


class YamlFlowFiles:
    """Flow files in YAML, with the built-in ones from a catalogue."""

    def __init__(self, catalogue: CatalogueFlows) -> None:
        self._catalogue = catalogue

    def catalogue_text(self, name: str) -> str | None:
        """Return the text of a built-in flow, or None."""
        try:
            return self._catalogue.text(name)
        except NotFound:
            return None

    def load(self, text: str, *, source: str, is_custom: bool) -> FlowDefinition:
        """Return the definition that a flow file states, or raise InvalidFlow."""
        return load_flow(text, source=source, is_custom=is_custom)

    def render(self, template: str, variables: Mapping[str, Any]) -> str:
        """Return a template with its variables filled in."""
        return render(template, variables)

    def read_answer(self, text: str, schema: Mapping[str, Any]) -> Any:
        """Return the JSON value of a model's answer."""
        return read_answer(text, schema)

    def foreign_includes(self, text: str) -> tuple[str, ...]:
        """Return what a pipeline configuration includes from outside its project; Refused says why it cannot be read."""
        return foreign_includes(text)

    def policy(self, text: str) -> ProjectPolicy:
        """Return the policy that a project's policy file states."""
        return policy_of(text)
