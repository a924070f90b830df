"""Keys of components that are nobody's: GitLab passes over them, so they are told and left out, unless a key of ours may be meant.

A key that is nearly a right one, or would hold another component back, is left where it is, and refused: who writes
`require_tool_aproval` has asked to be asked.
"""

from __future__ import annotations

from typing import Any, get_args

from duo_flows.domain.flow_checks import Finding
from duo_flows.domain.flow_components import Component
from duo_flows.domain.flow_key_words import RESTRAINTS

from .positions import Document
from .problems import Located, located, nearest

# Of GitLab's own flows, and near to keys that we know.
_GITLABS = frozenset({"response_schema_tracking_context", "model_size_preference"})
_KEYS = {
    model.__name__: frozenset(field.alias or name for name, field in model.model_fields.items())
    for model in get_args(get_args(Component)[0])
}
_ALL = frozenset[str]().union(*_KEYS.values()) | _GITLABS
# Long enough that a name near to one was meant to be it.
_LONG_RESTRAINTS = tuple(key for key in RESTRAINTS if "_" in key)
# Told one by one; a file of nothing else is told by its mistakes.
_MOST_TOLD = 50


def without_strays(document: Document) -> tuple[Any, list[Located]]:
    """Return the document's value without stray keys of components, and a finding for each that was left out."""
    value = document.value
    told: list[Located] = []
    if not isinstance(value, dict) or not isinstance(value.get("components"), list):
        return value, []
    components = list(value["components"])
    for index, component in enumerate(components):
        strays = _strays(component) if len(told) < _MOST_TOLD else ()
        for key in strays:
            found, allowed = f"{key}, which a {component['type']} does not have", "a component without it: it has no effect"
            told.append(located(document, Finding(at=("components", index, key), found=found, allowed=allowed)))
        if strays:
            components[index] = {key: part for key, part in component.items() if key not in strays}
    return {**value, "components": components}, told


def _strays(component: Any) -> tuple[str, ...]:
    if not isinstance(component, dict) or not isinstance(kind := component.get("type"), str) or kind not in _KEYS:
        return ()
    taken = {"model_size_preference"} if "model_tags" in _KEYS[kind] else set()
    extra = [key for key in component if key not in _KEYS[kind] and key not in taken]
    return tuple(key for key in extra[:_MOST_TOLD] if not _is_refused(key, kind))


def _is_refused(key: Any, kind: str) -> bool:
    return key in RESTRAINTS or (key not in _ALL and bool(nearest(key, [*sorted(_KEYS[kind]), *_LONG_RESTRAINTS])))
