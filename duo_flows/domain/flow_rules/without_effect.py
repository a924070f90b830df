"""Keys that are accepted, so that a file of GitLab's loads, and that nothing acts on yet. Whoever serves one takes it out here.

A key is told where the file states it and says more by it than leaving it out would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from .findings import Finding, Path
from .index import FlowIndex

# Of any component. `ui_log_events` is not told: everything is logged, whatever it says.
_OF_COMPONENTS: Mapping[str, str] = {
    "max_delegations": "nothing is delegated",
    "compaction": "conversations are not shortened",
    "model_tags": "the operator chooses the model",
    "prompt_version": "the inline prompt of that id is used",
    "response_schema_version": "the inline schema of that id is used",
    "response_schema_tracking": "nothing is tracked",
    "cost_cap_usd": "the operator's cap holds",
    "ui_role_as": "the session log shows every component alike",
}


def without_effect(index: FlowIndex) -> Iterator[Finding]:
    """Yield every key that is stated for nothing."""
    for position, component in enumerate(index.definition.components):
        place: Path = ("components", position)
        for key, instead in _OF_COMPONENTS.items():
            if _says(component, key):
                yield _finding((*place, key), key, instead)
        cycles = getattr(component, "max_cycles", None)
        if cycles is not None and _says(cycles, "iteration_warning_offset"):
            at = (*place, "max_cycles", "iteration_warning_offset")
            yield _finding(at, "iteration_warning_offset", "only the threshold itself is told")
    for position, prompt in enumerate(index.definition.prompts):
        if _says(prompt, "params"):
            yield _finding(("prompts", position, "params"), "params", "the operator sets the limits")


def _finding(at: Path, key: str, instead: str) -> Finding:
    return Finding(at=at, found=f"{key}, which has no effect here: {instead}", allowed=f"a flow that does not rely on `{key}`")


def keys_without_effect() -> tuple[str, ...]:
    """Return the names of all such keys; the documentation says the same."""
    return (*_OF_COMPONENTS, "iteration_warning_offset", "params")


def _says(model: BaseModel, key: str) -> bool:
    field = type(model).model_fields.get(key)
    return field is not None and key in model.model_fields_set and getattr(model, key) != field.get_default()
