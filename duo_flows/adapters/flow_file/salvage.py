"""A definition made of what is right in a file with mistakes, so that all of its mistakes are told at once.

What is wrong by itself is taken out or filled with a mark. What the rules then say about marks, about what was taken out, or about
what depends on it, is not told: it would be a consequence, not a mistake. Nothing salvaged is ever run.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import ValidationError

from duo_flows.domain.flow_checks import Finding
from duo_flows.domain.flow_definition import FlowDefinition

from .model_words import faults_of_validation, findings_of_validation, path_in_file
from .positions import Document, Path
from .problems import MAX_PROBLEMS, Located, nearest

# No author writes this sign; a finding that quotes it is about what we filled in.
MARK = "\ufffc"
# Taking out one mistake lets checks run that find the next; after this many rounds the rest waits for the next look.
_MOST_ROUNDS = 6
_FILLED: Mapping[str, Any] = {
    "version": "v1",
    "environment": "ambient",
    "routers": [],
    "flow": {},
    "prompt_template": {},
    "toolset": [],
    "to": "end",
    "definition": {"type": "object"},
    "type": "string",
}
_STEP = {"type": "DeterministicStepComponent", "tool_name": MARK}
# What rules say of other keys of a component if this one is not as its author wrote it.
_DEPENDENTS: Mapping[str, frozenset[str]] = {
    "toolset": frozenset({"tool_name", "pre_approved_tools"}),
    "inputs": frozenset({"tool_name"}),
    "subagents": frozenset({"max_delegations"}),
    "response_schema_id": frozenset({"response_schema_version"}),
}


class Salvage:
    """What could be made of a file with mistakes: `definition`, None where nothing could, and the mistakes `found` on the way."""

    def __init__(self, document: Document, *, is_custom: bool) -> None:
        self._is_custom = is_custom
        self._data = copy.deepcopy(document.value)
        self._mended: set[Path] = set()
        self._above: set[Path] = set()
        self._doubtful: set[str] = set()
        self.found: list[Located] = []
        self.definition = self._salvaged(document)

    def _salvaged(self, document: Document) -> FlowDefinition | None:
        for _ in range(_MOST_ROUNDS):
            try:
                return FlowDefinition.model_validate(self._data)
            except ValidationError as error:
                told = findings_of_validation(document, error, is_custom=self._is_custom)
                self.found += [one for one in told if not self._is_ours(one.finding)]
                faults = faults_of_validation(error)
                if len(self.found) > MAX_PROBLEMS or not self._mend_all(document, faults):
                    return None
        return None

    def _mend_all(self, document: Document, faults: Sequence[Any]) -> bool:
        before = frozenset(self._mended)
        for fault in faults:
            # The second of two mistakes in one list went with the first.
            is_gone = _is_below(path_in_file(document, fault["loc"]), self._mended, but=before)
            if not is_gone and not self._mend(fault):
                return False
        self._above = {path[:length] for path in self._mended for length in range(len(path))}
        return True

    def concerns_a_mistake(self, finding: Finding) -> bool:
        """Tell whether a rule's finding may only follow from what was mended."""
        return self._is_ours(finding) or self._depends(finding) or any(_names(finding, name) for name in self._doubtful)

    def _is_ours(self, finding: Finding) -> bool:
        if MARK in finding.found or MARK in finding.allowed:
            return True
        return _is_below(finding.at, self._mended) or finding.at in self._above

    def _depends(self, finding: Finding) -> bool:
        if any(path[0] == "routers" for path in self._mended if path) and finding.at[-1:] in {("sends_response_to",), ("name",)}:
            return True  # ways may be missing
        for path in self._mended:
            is_same = len(path) > 2 and finding.at[:2] == path[:2]  # noqa: PLR2004 - the list and the place in it
            if is_same and len(finding.at) > 2 and finding.at[2] in _DEPENDENTS.get(str(path[2]), ()):  # noqa: PLR2004
                return True
        return False

    def _mend(self, fault: Any) -> bool:
        """Take one mistake out of the data; False where that cannot be done."""
        path = self._path(fault["loc"])
        self._mended.add(path)
        if fault["type"] in {"union_tag_invalid", "union_tag_not_found"}:
            return self._guess_type(path)
        if fault["type"] == "missing":
            return self._fill(path)
        if fault["type"] == "extra_forbidden":
            return self._take_out(path)
        if path[:1] == ("components",) and path[2:3] == ("inputs",) and len(path) > _ENTRY_KEY:
            return self._replace_input(path[: _ENTRY_KEY + 1])
        return self._replace(path[:_ENTRY_KEY])

    def _path(self, loc: tuple[str | int, ...]) -> Path:
        path: Path = ()
        part: Any = self._data
        for position, key in enumerate(loc):
            is_there = (isinstance(part, dict) and key in part) or (
                isinstance(part, list) and isinstance(key, int) and key < len(part)
            )
            if is_there:
                path, part = (*path, key), part[key]
            elif position == len(loc) - 1 and isinstance(part, dict) and isinstance(key, str):
                path = (*path, key)
        return path

    def _guess_type(self, path: Path) -> bool:
        entry = self._at(path)
        if not isinstance(entry, dict):
            return self._put(path, {"name": f"{MARK}{path[-1]}", **_STEP})
        names = ("AgentComponent", "DeterministicStepComponent", "OneOffComponent", "HumanInputComponent")
        self._doubtful.add(str(entry.get("name", MARK)))
        guess = nearest(str(entry.get("type")), names)
        return self._put(path, {**entry, "type": guess} if guess else {"name": entry.get("name", MARK), **_STEP})

    def _fill(self, path: Path) -> bool:
        key = path[-1] if path else ""
        if key == "components":
            return False
        return self._put(path, copy.deepcopy(_FILLED.get(str(key), f"{MARK}{path[-2]}" if len(path) > 1 else MARK)))

    def _take_out(self, path: Path) -> bool:
        around = self._at(path[:-1])
        if not isinstance(around, dict):
            return False
        around.pop(path[-1], None)
        return True

    def _replace(self, path: Path) -> bool:
        """Put what is certainly right in the place of an entry's key, or of a whole entry."""
        self._mended.add(path)
        if not path or path == ("components",):
            return False
        if path[0] == "routers":
            return self._replace_router(path)
        entry, key = self._at(path[:-1]), path[-1]
        if isinstance(entry, dict):
            if path[0] == "components" and key == "name":
                self._doubtful.add(str(entry.get("name")))
            return self._take_out(path)
        blank = {"name": f"{MARK}{key}", **_STEP} if path[0] == "components" else {}
        return self._put(path, blank)

    def _replace_input(self, path: Path) -> bool:
        """Put a text in the place of an input, under the name that templates and tools may call it by."""
        self._mended.add(path)
        given = self._at(path)
        source, name = (given.get("from"), given.get("as")) if isinstance(given, dict) else (given, None)
        words = re.split(r"[:.]", source)[-1] if isinstance(source, str) else ""
        return self._put(path, {"from": MARK, "as": name if isinstance(name, str) else f"{words}" or MARK, "literal": True})

    def _replace_router(self, path: Path) -> bool:
        if len(path) == 1:
            return self._put(path, [])
        router = self._at(path[:2])
        source = router.get("from") if isinstance(router, dict) else None
        self._mended.add(path[:2])
        return self._put(path[:2], {"from": source if isinstance(source, str) else f"{MARK}{path[1]}", "to": "end"})

    def _at(self, path: Path) -> Any:
        part: Any = self._data
        for key in path:
            part = part[key]
        return part

    def _put(self, path: Path, value: Any) -> bool:
        around = self._at(path[:-1])
        if not path or not isinstance(around, dict | list):
            return False
        around[path[-1]] = value  # type: ignore[index]
        return True


# An entry's key stands third: `components`, 0, `toolset`.
_ENTRY_KEY = 3


def _names(finding: Finding, name: str) -> bool:
    words: Iterator[str] = iter((finding.found, finding.part, finding.before))
    return any(name in text for text in words)


def _is_below(place: Path, paths: AbstractSet[Path], *, but: AbstractSet[Path] = frozenset()) -> bool:
    """Tell whether a place is one of these paths or below one; `but` are paths that do not count."""
    above = (place[:length] for length in range(len(place) + 1))
    return any(path in paths and path not in but for path in above)
