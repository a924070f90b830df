"""Keys that are accepted, so that a file of GitLab's loads, and that nothing acts on yet. Whoever serves one takes it out here.

A key is told where the file states it and says more by it than leaving it out would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from .findings import Finding, Path
from .index import FlowIndex

# Of any component.
KEYS_OF_COMPONENTS: Mapping[str, str] = {
    "prompt_version": "the inline prompt of that id is used",
    "response_schema_version": "the inline schema of that id is used",
    "response_schema_tracking": "nothing is tracked",
}

# Of a prompt's `params`.
KEYS_OF_PARAMS: Mapping[str, str] = {
    "stop": "an answer ends where the model ends it",
    "vertex_location": "the model is asked where the operator says",
}


def without_effect(index: FlowIndex) -> Iterator[Finding]:
    """Yield every key that is stated for nothing."""
    for position, component in enumerate(index.definition.components):
        place: Path = ("components", position)
        for key, instead in KEYS_OF_COMPONENTS.items():
            if _says(component, key):
                yield _finding((*place, key), key, instead)
    for position, prompt in enumerate(index.definition.prompts):
        for key, instead in KEYS_OF_PARAMS.items():
            if _says(prompt.params, key):
                yield _finding(("prompts", position, "params", key), key, instead)


def _finding(at: Path, key: str, instead: str) -> Finding:
    return Finding(at=at, found=f"{key}, which has no effect here", allowed=f"a flow that does not rely on it: {instead}")


def _says(model: BaseModel, key: str) -> bool:
    field = type(model).model_fields.get(key)
    return field is not None and key in model.model_fields_set and getattr(model, key) != field.get_default()
