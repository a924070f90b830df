"""What a flow asks to be given at its start (`flow.inputs`), compared with what it is given.

Pure. Everything that is wrong is told at once, by category and field; a value is never quoted, only its type is said. Fields that a
flow does not name are let through, as in GitLab. Source: GitLab's flow registry documentation, "Flow inputs".
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from .errors import NeverAgain
from .flow_context import refuse_forged, refuse_unstorable
from .flow_definition import FlowInputs, InputField
from .model import Model
from .versions import Version, fits

# The category whose fields GitLab fills in itself; what a caller gives under this name does not count.
STANDARD_CONTEXT = "agent_platform_standard_context"

# What is read from GitLab for a session about a pipeline or a merge request.
_OF_AN_ITEM = frozenset({"pipeline", "merge_request", "branch"})

# A file can name hundreds of fields; the first few that are wrong tell enough.
_FAULTS_TOLD = 20
_NAME_MAX_LENGTH = 100


class InvalidInputs(NeverAgain):
    """A flow is not given what it asks for."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = f" And {len(faults) - _FAULTS_TOLD} more." if len(faults) > _FAULTS_TOLD else ""
        super().__init__(f"The flow is not given what it asks for. {' '.join(faults[:_FAULTS_TOLD])}{more}", code="invalid_inputs")
        self.faults = tuple(faults)


class GivenContext(Model):
    """One category as it is given: `content` is a JSON value, `version` that of its form where it says one."""

    content: Any
    version: str = ""


def read_contexts(items: Iterable[tuple[str, str, str]]) -> dict[str, GivenContext]:
    """Return what is given, by category; of one category that is given twice, the last.

    Args:
        items: GitLab's envelopes as (category, content as a JSON text, metadata as a JSON text).

    Raises:
        NeverAgain: a text is no JSON, cannot be kept, or poses as a stored value.
    """
    return {category: _read(category, content, metadata) for category, content, metadata in items}


def _read(category: str, content: str, metadata: str) -> GivenContext:
    where = f"The additional context {category[:_NAME_MAX_LENGTH]!r}"
    value, about = _json(content, f"{where} is not JSON in its Content."), _json(metadata, f"{where} is not JSON in its Metadata.")
    refuse_forged(value, where=where)
    refuse_unstorable(value, where=where)
    version = about.get("version") if isinstance(about, Mapping) else None
    return GivenContext(content=value, version=version if isinstance(version, str) else "")


def _json(text: str, otherwise: str) -> Any:
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        raise NeverAgain(otherwise, code="invalid_start") from None


def check_inputs(
    wanted: Sequence[FlowInputs], given: Mapping[str, GivenContext], *, provided: Collection[str] = frozenset()
) -> None:
    """Let a start pass whose additional context is what the flow asks for.

    Args:
        wanted: what the flow asks for.
        given: what it is given, by category.
        provided: categories that will be completed before the flow begins: what is missing there is not missed yet.

    Raises:
        InvalidInputs: it is not; the text names each category and field.
    """
    faults = [fault for one in wanted for fault in _faults(one, given.get(one.category), is_complete=one.category not in provided)]
    if faults:
        raise InvalidInputs(faults)


def _faults(wanted: FlowInputs, given: GivenContext | None, *, is_complete: bool) -> Iterator[str]:
    name = f"inputs.{wanted.category}"
    if given is None:
        given = GivenContext(content={})
    elif wanted.version_constraint and given.version:
        yield from _version_faults(name, wanted.version_constraint, given.version)
    if not isinstance(given.content, Mapping):
        yield f"{name} has to be an object with fields, and is {type_of(given.content)}."
        return
    for field, schema in wanted.input_schema.items():
        if field in given.content:
            yield from _field_faults(f"{name}.{field}", schema, given.content[field])
        elif not schema.optional and is_complete:
            yield f"{name}.{field} is missing: {_described(schema)}."


def _version_faults(name: str, constraint: str, version: str) -> Iterator[str]:
    try:
        if not fits(Version.parse(version), constraint):
            yield f"{name} has version {version[:40]}, and the flow takes {constraint}."
    except ValueError as error:
        yield f"{name}: {error}."


def _field_faults(name: str, schema: InputField, value: Any) -> Iterator[str]:
    if schema.type in _TYPES and not _TYPES[schema.type](value):
        yield f"{name} has to be {_article(schema.type)}, and is {type_of(value)}."
    elif isinstance(value, str) and schema.format in _FORMATS and not _has_form(_FORMATS[schema.format], value):
        yield f"{name} has to be a text in the format {schema.format}."


def _described(schema: InputField) -> str:
    return f"{_article(schema.type)}, {schema.description.rstrip('.')}" if schema.description else _article(schema.type)


def type_of(value: Any) -> str:
    """Return what a JSON value is, in JSON Schema's words, without saying anything of what it holds."""
    return next((_article(name) for name, is_one in _TYPES.items() if is_one(value)), "no JSON value")


def _article(type_name: str) -> str:
    if type_name == "null":
        return "null"
    return f"an {type_name}" if type_name[:1] in "aeio" else f"a {type_name}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


# JSON Schema's types; a whole number written 1.0 is an integer there too. An unknown type lets everything pass.
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": _is_whole,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list | tuple),
    "object": lambda value: isinstance(value, Mapping),
    "null": lambda value: value is None,
}

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def _uri(text: str) -> None:
    parts = urlsplit(text)
    if not parts.scheme or not (parts.netloc or parts.path) or re.search(r"\s", text):
        raise ValueError("no address")


def _email(text: str) -> None:
    if not _EMAIL.fullmatch(text):
        raise ValueError("no mail address")


# Each raises ValueError on what does not have the form. An unknown format says nothing, as JSON Schema has it.
_FORMATS: Mapping[str | None, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
    "time": time.fromisoformat,
    "uuid": UUID,
    "uri": _uri,
    "email": _email,
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
}


def _has_form(form: Callable[[str], Any], text: str) -> bool:
    try:
        form(text)
    except ValueError:
        return False
    return True


def provided_categories(*, has_item: bool) -> frozenset[str]:
    """Return the categories that we fill in when a session opens, with or without a pipeline or merge request to read."""
    return frozenset({STANDARD_CONTEXT}) | (_OF_AN_ITEM if has_item else frozenset())


def standard_context(wanted: Sequence[FlowInputs], known: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return GitLab's standard envelope from what is known, in the types that the flow declares; None where it does not ask.

    GitLab gives numbers as texts there, and flows declare them so; a flow that declares an integer is given one.
    """
    asked = next((one for one in wanted if one.category == STANDARD_CONTEXT), None)
    if asked is None:
        return None
    return {name: _as_declared(asked.input_schema.get(name), value) for name, value in known.items()}


def _as_declared(schema: InputField | None, value: Any) -> Any:
    return value if schema is not None and schema.type in {"integer", "number"} else str(value)
