"""What is wrong with a flow file, in its author's words: line, key, what stands there, what may, and the nearest right name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_checks import Finding
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.model import Model

from .positions import Document, Path

# A line of an error; the file itself has the rest.
FOUND_MAX_LENGTH = 80
# So that an error stays readable; all are in `problems`.
SHOWN_COUNT = 5

_QUOTED = re.compile(r"'([^']*)'")
_VALUE_ERROR = "Value error, "


class FlowProblem(Model):
    """One thing that is wrong; `line` and `column` count from 1, `suggestion` is empty where nothing is near."""

    line: int
    column: int
    key: str
    found: str
    allowed: str
    suggestion: str = ""

    def sentence(self) -> str:
        """Return the problem as one line."""
        hint = f" Did you mean {self.suggestion}?" if self.suggestion else ""
        return (
            f"line {self.line}, column {self.column}: {self.key or 'the file'}: found {self.found}; allowed: {self.allowed}.{hint}"
        )


class InvalidFlow(NeverAgain):
    """A flow file that cannot run, with everything that is wrong with it."""

    def __init__(self, source: str, problems: tuple[FlowProblem, ...]) -> None:
        lines = [problem.sentence() for problem in problems[:SHOWN_COUNT]]
        more = f" … and {len(problems) - SHOWN_COUNT} more." if len(problems) > SHOWN_COUNT else ""
        super().__init__(f"{source} is not a flow that can run. {' '.join(lines)}{more}", code="invalid_definition")
        self.source = source
        self.problems = problems


def key_of(path: Path) -> str:
    """Return a path as people write it: `components[2].prompt_id`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def shown(value: Any) -> str:
    """Return a value as one short line."""
    kinds = {dict: "a mapping", list: "a list", type(None): "nothing"}
    text = kinds.get(type(value)) or " ".join(str(value).split())
    return text if len(text) <= FOUND_MAX_LENGTH else f"{text[: FOUND_MAX_LENGTH - 1]}…"


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the name that was probably meant, or an empty text."""
    by_lower = {known.lower(): known for known in names}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else ""


def problem_at(document: Document, path: Path, *, found: Any, allowed: str, names: Iterable[str] = ()) -> FlowProblem:
    """Return a problem with its place in the file."""
    place = document.place_of(path)
    return FlowProblem(
        line=place.line,
        column=place.column,
        key=key_of(path),
        found=shown(found),
        allowed=allowed,
        suggestion=nearest(str(found), names),
    )


def problem_of_finding(document: Document, finding: Finding) -> FlowProblem:
    """Return what the domain found, with its place."""
    return problem_at(document, finding.at, found=finding.found, allowed=finding.allowed, names=finding.names)


def problems_of_validation(document: Document, error: ValidationError) -> tuple[FlowProblem, ...]:
    """Return what pydantic found, in the file's order and each once."""
    problems = [_of_pydantic(document, fault) for fault in error.errors(include_url=False)]
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column, problem.key)))


def _of_pydantic(document: Document, fault: Any) -> FlowProblem:
    kind, path = fault["type"], _path_in_file(document, fault["loc"])
    if kind == "extra_forbidden":
        names = _keys_beside(fault["loc"])
        return problem_at(document, path, found=path[-1], allowed=", ".join(names) or "no such key", names=names)
    if kind == "missing":
        return problem_at(document, path, found="nothing", allowed=f"`{fault['loc'][-1]}`, which has to be there")
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _of_type(document, path, fault)
    expected = fault.get("ctx", {}).get("expected", "")
    allowed = str(expected) or str(fault["msg"]).removeprefix(_VALUE_ERROR)
    return problem_at(document, path, found=fault["input"], allowed=allowed, names=_QUOTED.findall(str(expected)))


def _of_type(document: Document, path: Path, fault: Any) -> FlowProblem:
    tags = _QUOTED.findall(fault["ctx"].get("expected_tags", "")) or [
        model.__name__ for model in _models_in(_component_annotation())
    ]
    given = fault["input"].get("type") if isinstance(fault["input"], Mapping) else fault["input"]
    return problem_at(document, (*path, "type"), found=given, allowed=", ".join(tags), names=tags)


def _path_in_file(document: Document, loc: tuple[str | int, ...]) -> Path:
    """Return pydantic's location without what is not in the file: names of union members; a missing last key stays."""
    path: Path = ()
    for position, part in enumerate(loc):
        if (*path, part) in document.places or position == len(loc) - 1:
            path = (*path, part)
    return path


def _component_annotation() -> Any:
    return FlowDefinition.model_fields["components"].annotation


def _keys_beside(loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys that the mapping around a location may have."""
    models: list[type[BaseModel]] = [FlowDefinition]
    for part in loc[:-1]:
        named = [model for model in models if model.__name__ == part]
        fields = [field for model in models for name, field in model.model_fields.items() if part in {name, field.alias}]
        models = named or [model for field in fields for model in _models_in(field.annotation)] or models
    return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
