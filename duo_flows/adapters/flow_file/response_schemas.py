"""Response schemas: that they are JSON Schema, refer to nothing outside of themselves, and are not too large to be checked.

A schema is read by the dialect that it names, as GitLab lets it; without `$schema` by 2020-12. Nothing is ever fetched, and no
pattern is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from duo_flows.domain.flow_checks import Finding
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.flow_rules.findings import listed

from .patterns import objection_to
from .positions import Document, Path
from .problems import Located, located, shown

# Keys and values of all schemas of a file together: ten times the largest that a provider takes. Checking takes a second for 4,000.
MAX_VALUES = 3_000
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_KINDS = {
    "array": "a list",
    "object": "a mapping",
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}
# With and without the empty fragment, which older files write.
_DIALECTS = tuple(
    f"{address}{end}"
    for address in (
        *(f"https://json-schema.org/draft/{version}/schema" for version in ("2020-12", "2019-09")),
        *(f"http://json-schema.org/draft-0{version}/schema" for version in (7, 6, 4, 3)),
    )
    for end in ("", "#")
)
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
# Below these a part that nothing fits may be meant, is a value and no schema, or is one of several ways.
_NOT_CERTAIN = frozenset({"not", "if", "anyOf", "oneOf", "enum", "const", "default", "examples"})
_NOT_TOGETHER = ("unevaluatedProperties", "patternProperties")


def dialect_of(schema: Mapping[str, Any]) -> Any:
    """Return the library's validator of the dialect that a schema names."""
    named = schema.get("$schema")
    return validator_for({"$schema": named}, default=Draft202012Validator) if named in _DIALECTS else Draft202012Validator


def has_uncheckable_keywords(schema: Mapping[str, Any]) -> bool:
    """Tell whether both stand in a schema: then the library would run its patterns without an end in time."""
    return all(any(keyword in part for _, part in _mappings(schema)) for keyword in _NOT_TOGETHER)


def schema_problems(document: Document, definition: FlowDefinition) -> Iterator[Located]:
    """Yield everything in response schemas that is no JSON Schema."""
    left = MAX_VALUES
    for index, entry in enumerate(definition.response_schemas):
        at: Path = ("response_schemas", index, "definition")
        left -= _size(entry.definition)
        if left < 0:
            finding = Finding(at=at, found="response schemas of more values", allowed=f"at most {MAX_VALUES:,} in all of them")
            yield located(document, finding)
            return
        for finding in _findings(entry.definition, at=at):
            yield located(document, finding)


def _size(value: Any) -> int:
    waiting, count = [value], 0
    while waiting:
        part = waiting.pop()
        count += 1
        waiting.extend(part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())
    return count


def _findings(schema: Mapping[str, Any], *, at: Path) -> Iterator[Finding]:
    named = schema.get("$schema", _DIALECTS[0])
    if named not in _DIALECTS:
        yield Finding(at=(*at, "$schema"), found=shown(named), allowed=listed(_DIALECTS[::2]), names=_DIALECTS[::2])
        return
    kind = dialect_of(schema)
    for fault in kind(kind.META_SCHEMA).iter_errors(dict(schema)):
        yield _finding(fault, at=at)
    yield from _parts(schema, at=at)
    if has_uncheckable_keywords(schema):
        what = "`patternProperties` with `additionalProperties`: how long the other takes to check cannot be bounded"
        yield Finding(at=at, found=" and ".join(_NOT_TOGETHER), allowed=what)


def _finding(fault: Any, *, at: Path) -> Finding:
    path = (*at, *fault.absolute_path)
    if path[-1] == "type" and fault.validator == "anyOf":
        return Finding(at=path, found=shown(fault.instance), allowed=", ".join(_TYPES), names=_TYPES)
    return Finding(at=path, found=shown(fault.instance), allowed=f"{_allowed(fault)}, as JSON Schema has it")


def _allowed(fault: Any) -> str:
    if fault.validator == "type":
        kinds = fault.validator_value if isinstance(fault.validator_value, list) else [fault.validator_value]
        return " or ".join(_KINDS.get(kind, str(kind)) for kind in kinds)
    if fault.validator == "enum":
        return "one of " + ", ".join(str(value) for value in fault.validator_value)
    limits = {"minimum": "{} or more", "exclusiveMinimum": "more than {}", "minItems": "{} or more of them"}
    words = limits.get(str(fault.validator), "each value once" if fault.validator == "uniqueItems" else "what belongs there")
    return words.format(fault.validator_value)


def _parts(schema: Mapping[str, Any], *, at: Path) -> Iterator[Finding]:
    """Yield references that lead nowhere, patterns that are none, and dialects within; their own schemas do not tell."""
    for path, part in _mappings(schema):
        if path[-1:] == ("properties",):
            continue
        for key in _REFERENCES:
            if isinstance(reference := part.get(key), str):
                yield from _reference(reference, schema, at=(*at, *path, key))
        if not _NOT_CERTAIN.intersection(map(str, path)):
            yield from _never_fitted(part, at=(*at, *path))
        yield from _pattern(part.get("pattern"), at=(*at, *path, "pattern"))
        for pattern in _mapping(part.get("patternProperties")):
            yield from _pattern(pattern, at=(*at, *path, "patternProperties", pattern))
        if path and isinstance(named := part.get("$schema"), str):
            yield Finding(at=(*at, *path, "$schema"), found=named, allowed="one dialect for a whole schema, named at its top")


def _never_fitted(part: Mapping[str, Any], *, at: Path) -> Iterator[Finding]:
    """Yield every property that an object must have and must not have."""
    required, properties = part.get("required"), _mapping(part.get("properties"))
    if part.get("type") != "object" or part.get("additionalProperties") is not False or "patternProperties" in part:
        return
    names = tuple(properties)
    for number, name in enumerate(required if isinstance(required, list) else ()):
        if isinstance(name, str) and name not in properties:
            allowed = f"a key of `properties`, beside which `additionalProperties: false` lets none be: {listed(names) or 'none'}"
            yield Finding(at=(*at, "required", number), found=name, allowed=allowed, names=names)


def _mappings(schema: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield every mapping of a schema with the way there."""
    waiting: list[tuple[Path, Any]] = [((), schema)]
    while waiting:
        path, part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(((*path, number), value) for number, value in enumerate(part))
        if isinstance(part, dict):
            waiting.extend(((*path, name), value) for name, value in part.items())
            yield path, part


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _pattern(pattern: Any, *, at: Path) -> Iterator[Finding]:
    if isinstance(pattern, str) and (allowed := objection_to(pattern)):
        yield Finding(at=at, found=shown(pattern), allowed=allowed)


def _reference(reference: str, schema: Mapping[str, Any], *, at: Path) -> Iterator[Finding]:
    allowed = "a reference to a part of the same schema, such as `#/$defs/name`"
    if not reference.startswith("#"):
        yield Finding(at=at, found=reference, allowed=f"{allowed}; nothing is fetched")
    elif reference.startswith("#/") and not _leads_somewhere(reference[2:].split("/"), schema):
        names = tuple(f"#/{key}/{name}" for key in ("$defs", "definitions") for name in _mapping(schema.get(key)))
        yield Finding(at=at, found=reference, allowed=f"{allowed}{': ' if names else ''}{listed(names)}", names=names)


def _leads_somewhere(steps: list[str], part: Any) -> bool:
    for step in steps:
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(part, dict) and name in part:
            part = part[name]
        elif isinstance(part, list) and name.isdecimal() and int(name) < len(part):
            part = part[int(name)]
        else:
            return False
    return True
