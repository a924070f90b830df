"""What pydantic says of a definition's parts, as findings in the author's words. None of its own words get out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from duo_flows.domain.flow_checks import Finding
from duo_flows.domain.flow_components import TARGETS
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.flow_key_words import RESTRAINTS
from duo_flows.domain.flow_rules.limits import CHOICES_OF_FLOWS, ENDINGS_OF_FLOWS, KEYS_OF_BUILT_INS
from duo_flows.domain.requests import Choice
from duo_flows.domain.sessions import Ending

from .positions import Document, Path
from .problems import MAX_PROBLEMS, Located, kind_of, located, nearest, shown

_QUOTED = re.compile(r"'([^']*)'")
_VALUE_ERROR = "Value error, "

# By the type of pydantic's error; each may say how long or how large. Anything else is told as `_OTHER`.
_TEXT = "a text"
_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string_type": lambda _: _TEXT,
    "string_unicode": lambda _: _TEXT,
    "string_too_long": lambda limits: f"a text of at most {limits['max_length']} characters",
    "string_too_short": lambda limits: f"a text of at least {limits['min_length']} characters",
    "int_type": lambda _: "a whole number",
    "int_parsing": lambda _: "a whole number",
    "int_parsing_size": lambda _: "a smaller whole number",
    "int_from_float": lambda _: "a whole number",
    "float_type": lambda _: "a number",
    "float_parsing": lambda _: "a number",
    "finite_number": lambda _: "a number with an end",
    "bool_type": lambda _: "true or false",
    "bool_parsing": lambda _: "true or false",
    "dict_type": lambda _: "a mapping",
    "mapping_type": lambda _: "a mapping",
    "tuple_type": lambda _: "a list",
    "list_type": lambda _: "a list",
    "too_short": lambda limits: f"at least {limits['min_length']} of them",
    "too_long": lambda limits: f"at most {limits['max_length']} of them",
    "greater_than": lambda limits: f"more than {_amount(limits['gt'])}",
    "greater_than_equal": lambda limits: f"{_amount(limits['ge'])} or more",
    "less_than": lambda limits: f"less than {_amount(limits['lt'])}",
    "less_than_equal": lambda limits: f"{_amount(limits['le'])} or less",
    "time_delta_type": lambda _: "a duration such as `P7D` or `7d`",
    "time_delta_parsing": lambda _: "a duration such as `P7D` or `7d`",
}
_OTHER = "a value that this key takes"
_NOTHING = "nothing"
# Of parts that are written in more than one form, by their models.
_FORMS: Mapping[str, str] = {
    "ToolUse": "a tool's name, or one tool's name with its forced parameters below it",
    "Input": "a path such as `context:goal`, or a mapping with from, as, literal, optional",
    "CycleLimit": "a whole number, or a mapping with iteration_warning_offset, threshold",
}
_PATH_OF_A_COMPONENTS_KEY = 3
# Ten times what is ever told; a file of nothing but mistakes has tens of thousands.
_MOST_FAULTS = 10 * MAX_PROBLEMS


def faults_of_validation(error: ValidationError) -> list[Any]:
    """Return pydantic's errors without those that only follow: a list all of whose entries are wrong counts as an empty one."""
    return [
        fault
        for fault in error.errors(include_url=False)
        if fault["type"] != "too_short" or len(fault["input"]) < fault["ctx"]["min_length"]
    ]


def findings_of_validation(document: Document, error: ValidationError, *, is_custom: bool) -> Iterator[Located]:
    """Yield what pydantic found, each with its place; what only another reading of the same value misses is told with it."""
    joined: dict[Path, Finding] = {}
    for fault in faults_of_validation(error)[:_MOST_FAULTS]:
        finding = _without_refused(_finding(document, fault), document, fault, is_custom=is_custom)
        before = joined.get(finding.at)
        if before is not None and before.found == finding.found and before.allowed != finding.allowed:
            finding = before.model_copy(update={"allowed": f"{before.allowed}, or {finding.allowed}"})
        joined[finding.at] = finding
    for finding in joined.values():
        if not _is_only_misspelt(finding, joined):
            yield located(document, finding)


def _without_refused(finding: Finding, document: Document, fault: Any, *, is_custom: bool) -> Finding:
    """Return a finding that allows no name that a rule would refuse in this place."""
    if not finding.names:
        return finding
    kept = tuple(name for name in finding.names if name not in _refused(finding.at, document, fault, is_custom=is_custom))
    return finding if kept == finding.names else finding.model_copy(update={"names": kept, "allowed": ", ".join(kept)})


def _refused(path: Path, document: Document, fault: Any, *, is_custom: bool) -> frozenset[str]:
    """Return the names that this place has and a flow may not use there."""
    if fault["type"] == "extra_forbidden":
        models = _models_around(fault["loc"]) if is_custom else []
        return frozenset[str]().union(*(KEYS_OF_BUILT_INS.get(model.__name__, ()) for model in models))
    keys = set(path)
    if path[:1] == ("routers",) and keys & {"ending", "endings"}:
        return frozenset(Ending) - frozenset(ENDINGS_OF_FLOWS)
    if path[:1] == ("components",) and "choices" in keys:
        kind = document.value["components"][path[1]].get("interaction_type", "approval")
        return frozenset(Choice) - frozenset(CHOICES_OF_FLOWS.get(str(kind), CHOICES_OF_FLOWS["approval"]))
    return frozenset({"chat", "chat-partial"}) if is_custom and path == ("environment",) else frozenset()


def _is_only_misspelt(missing: Finding, found: Mapping[Path, Finding]) -> bool:
    """Tell whether a key that is missing stands beside it under a name that is told already."""
    if missing.found != _NOTHING or not missing.at:
        return False
    beside = [one for path, one in found.items() if path[:-1] == missing.at[:-1] and one.names and path != missing.at]
    return any(nearest(one.found, one.names) == missing.at[-1] for one in beside)


def path_in_file(document: Document, loc: tuple[str | int, ...]) -> Path:
    """Return pydantic's location without what is not in the file: names of union members; a missing last key stays."""
    path: Path = ()
    for position, part in enumerate(loc):
        if (*path, part) in document.places or position == len(loc) - 1:
            path = (*path, part)
    return path


def _finding(document: Document, fault: Any) -> Finding:
    kind, path = fault["type"], path_in_file(document, fault["loc"])
    if kind in _OF_KEYS:
        return _OF_KEYS[kind](path, fault)
    if path and path not in document.places:
        # A union's reading of the value above: `compaction` as true or false, or as a mapping.
        path = path[:-1]
    if kind in _OF_VALUES:
        return _OF_VALUES[kind](path, fault)
    words = _WORDS.get(kind)
    return _of_kind(path, fault["input"], words(fault.get("ctx", {})) if words else _OTHER)


def _of_stray(path: Path, fault: Any) -> Finding:
    models = _models_around(fault["loc"])
    if form := _form(models):
        return Finding(at=path, found=str(path[-1]), allowed=form)
    names = _keys_of(models)
    if len(path) == _PATH_OF_A_COMPONENTS_KEY and path[0] == "components" and (why := _restraint(str(path[-1]), names)):
        return Finding(at=path, found=f"{path[-1]}, which would hold nothing back here", allowed=f"a component without it: {why}")
    return Finding(at=path, found=str(path[-1]), allowed=", ".join(names) or "no such key", names=tuple(names))


def _restraint(key: str, names: Iterable[str]) -> str:
    """Return where a key counts by which an author means to hold a component back; empty for any other, or a near one of these."""
    meant = key if key in RESTRAINTS else nearest(key, [*names, *RESTRAINTS])
    return "" if meant in names else RESTRAINTS.get(meant, "")


def _of_missing(path: Path, fault: Any) -> Finding:
    return Finding(at=path, found=_NOTHING, allowed=f"`{fault['loc'][-1]}`, which has to be there")


def _of_mapping(path: Path, fault: Any) -> Finding:
    models = _models_around((*fault["loc"], ""))
    allowed = _form(models) or f"a mapping with keys of {', '.join(_keys_of(models))}"
    return Finding(at=path, found=shown(fault["input"]), allowed=allowed)


def _form(models: list[type[BaseModel]]) -> str:
    return next((_FORMS[model.__name__] for model in models if model.__name__ in _FORMS), "")


def _of_kind(path: Path, value: Any, allowed: str) -> Finding:
    if allowed == _TEXT and kind_of(value):
        said = shown(value)
        return Finding(at=path, found=f"{said}, which is {kind_of(value)} in YAML", allowed=f'a text: "{said}" in quotes')
    return Finding(at=path, found=shown(value), allowed=allowed)


def _of_choice(path: Path, fault: Any) -> Finding:
    names = tuple(_QUOTED.findall(str(fault["ctx"].get("expected", ""))))
    return Finding(at=path, found=shown(fault["input"]), allowed=", ".join(names) or _OTHER, names=names)


def _of_value(path: Path, fault: Any) -> Finding:
    value, said = fault["input"], str(fault["msg"]).removeprefix(_VALUE_ERROR).removeprefix("write ")
    if isinstance(value, Mapping) and isinstance(value.get("definition"), Mapping):
        found = shown(value["definition"].get("type"))
        return Finding(at=(*path, "definition", "type"), found=found, allowed=f"object: {said}")
    if path and path[-1] == "definition" and isinstance(value, str):
        return Finding(at=path, found=_json_fault(value), allowed="a mapping, or a JSON text")
    source = value.get("from") if isinstance(value, Mapping) else value
    if isinstance(source, str) and any(part in {"inputs", "input", "change"} for part in path):
        return _of_input(path, source, said)
    return Finding(at=path, found=shown(value), allowed=said)


def _of_input(path: Path, source: str, said: str) -> Finding:
    target, colon, rest = source.partition(":")
    near = nearest(target, TARGETS)
    meant = f"{near}:{rest}" if colon and near and target != near else ("" if colon else f"context:{source}")
    return Finding(at=path, found=shown(source), allowed=said, meant=meant)


def _json_fault(text: str) -> str:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"a text that is not JSON from its line {error.lineno} on"
    except (ValueError, RecursionError):
        pass
    return "a text that is not JSON"


def _of_type(path: Path, fault: Any) -> Finding:
    names = tuple(_QUOTED.findall(fault["ctx"].get("expected_tags", ""))) or tuple(
        model.__name__ for model in _models_in(FlowDefinition.model_fields["components"].annotation)
    )
    given = fault["input"].get("type") if isinstance(fault["input"], Mapping) else fault["input"]
    return Finding(at=(*path, "type"), found=shown(given), allowed=", ".join(names), names=names)


def _models_around(loc: tuple[str | int, ...]) -> list[type[BaseModel]]:
    """Return the models that the mapping around a location may be of."""
    models: list[type[BaseModel]] = [FlowDefinition]
    for part in loc[:-1]:
        named = [model for model in models if model.__name__ == part]
        fields = [field for model in models for name, field in model.model_fields.items() if part in {name, field.alias}]
        models = named or [model for field in fields for model in _models_in(field.annotation)] or models
    return models


def _keys_of(models: list[type[BaseModel]]) -> list[str]:
    return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _amount(limit: Any) -> str:
    text = str(limit)
    if "timedelta" not in text and not hasattr(limit, "days"):
        return text
    days = re.search(r"days=(\d+)|(\d+) days", text)
    return f"{days[1] or days[2]} days" if days else "no time at all"


_Telling = Callable[[Path, Any], Finding]
_OF_KEYS: Mapping[str, _Telling] = {
    "extra_forbidden": _of_stray,
    "missing": _of_missing,
    "union_tag_invalid": _of_type,
    "union_tag_not_found": _of_type,
}
_OF_VALUES: Mapping[str, _Telling] = {
    "literal_error": _of_choice,
    "enum": _of_choice,
    "model_type": _of_mapping,
    "model_attributes_type": _of_mapping,
    "value_error": _of_value,
}
