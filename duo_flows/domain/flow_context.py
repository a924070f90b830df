"""The context of a session: a nested mapping of JSON values that components write and inputs read. Pure.

A value too large to travel stands in the content store; here stands a mapping with its reference, its size and its short fields, so
that routers can still read them. Where a part of it is long, the field is such a mapping again and names the way to the part.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from .errors import NeverAgain
from .flow_components import FlowModel, Input
from .instance import GitLabInstance
from .model import Model

# A router compares words and a page shows lines: longer texts are read by models, who get the whole value.
SHORT_TEXT_MAX_LENGTH = 200
FIELDS_MAX_DEPTH = 3
# So that the fields of a value with thousands of keys do not weigh what the value weighed.
FIELDS_MAX_COUNT = 100

_REQUIRED_KEYS = {"$ref", "$size", "$fields"}
_OPTIONAL_KEYS = {"$path", "$as"}

# What stands at the reference is a conversation with a model; its value is the list of its messages.
AS_CONVERSATION = "conversation"


class MissingValue(NeverAgain):
    """An input names a value that the context does not have."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="missing_value")


class StoredValue(FlowModel):
    """A value in the content store: `ref` is its digest, `size` its bytes, `fields` its short parts.

    With `path` it stands for the part of the stored value that those keys lead to; with `form` for what is read out of it.
    """

    ref: str = Field(alias="$ref")
    size: int = Field(alias="$size")
    fields: dict[str, Any] = Field(default_factory=dict, alias="$fields")
    path: tuple[str, ...] = Field(default=(), alias="$path")
    form: str = Field(default="", alias="$as")

    def part_of(self, loaded: Any) -> Any:
        """Return what this stands for, out of the whole value as loaded from the store."""
        for key in self.path:
            loaded = loaded[key]
        return loaded


def is_stored(value: Any) -> bool:
    """Tell whether this is the JSON form of a stored value."""
    return isinstance(value, Mapping) and set(value) >= _REQUIRED_KEYS and set(value) <= _REQUIRED_KEYS | _OPTIONAL_KEYS


def short_parts(value: Any) -> Any:
    """Return what can be read of a value without the content store: of a stored one its short parts, any other whole."""
    return value["$fields"] if is_stored(value) else value


def stored(ref: str, size: int, value: Any) -> dict[str, Any]:
    """Return the JSON form under which a value in the content store stands in the context."""
    fields = _fields(ref, value, path=()) if isinstance(value, Mapping) else {}
    return _form(ref, size, fields, path=())


def stored_conversation(ref: str) -> dict[str, Any]:
    """Return the JSON form of a conversation's messages, each with `role` and `text`; "" is one in which nothing was said."""
    return {"$ref": ref, "$size": 0, "$fields": {}, "$as": AS_CONVERSATION}


def _form(ref: str, size: int, fields: dict[str, Any], *, path: tuple[str, ...]) -> dict[str, Any]:
    form: dict[str, Any] = {"$ref": ref, "$size": size, "$fields": fields}
    return {**form, "$path": list(path)} if path else form


def _fields(ref: str, value: Mapping[str, Any], *, path: tuple[str, ...]) -> dict[str, Any]:
    names = [name for name in value if len(name) <= SHORT_TEXT_MAX_LENGTH][:FIELDS_MAX_COUNT]
    return {name: _field(ref, value[name], path=(*path, name)) for name in names}


def _field(ref: str, value: Any, *, path: tuple[str, ...]) -> Any:
    if _is_short(value):
        return value
    has_room = isinstance(value, Mapping) and len(path) < FIELDS_MAX_DEPTH
    return _form(ref, _size(value), _fields(ref, value, path=path) if has_room else {}, path=path)


def _is_short(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= SHORT_TEXT_MAX_LENGTH
    return value is None or isinstance(value, bool | int | float)


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def refuse_forged(value: Any, *, where: str) -> None:
    """Let a value pass that a model or a tool gave, unless it poses as a reference into the content store.

    Raises:
        NeverAgain: it does, anywhere inside.
    """
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if is_stored(part):
            raise NeverAgain(
                f"{where} holds what looks like a stored reference; only duo-flows writes these.", code="forged_reference"
            )
        waiting.extend(part.values() if isinstance(part, Mapping) else part if isinstance(part, list | tuple) else ())


def refuse_unstorable(value: Any, *, where: str) -> None:
    """Let a value from outside pass, unless it cannot be kept: JSON takes no infinity, and UTF-8 no half of a surrogate pair.

    Raises:
        NeverAgain: it cannot.
    """
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        raise NeverAgain(f"{where} holds half a character, or a number that JSON does not have.", code="not_storable") from None


def lookup(context: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path such as `context:a.b.c`; a stored value or a long part of one in its JSON form.

    Raises:
        MissingValue: the path breaks off; the reason says where, and what stands there instead.
    """
    target, _, rest = path.partition(":")
    if target != "context" or not rest:
        raise MissingValue(f"{path!r} does not name a value of the context; such a path begins with `context:`.")
    value: Any = context
    walked = "context"
    for name in rest.split("."):
        inside = short_parts(value)
        if not isinstance(inside, Mapping) or name not in inside:
            raise MissingValue(f"{path!r} has no value: {walked} {_what_is_there(inside)}.")
        value = inside[name]
        walked = f"{walked}:{name}" if walked == "context" else f"{walked}.{name}"
    return value


def joined_fields(values: Iterable[Any]) -> dict[str, Any]:
    """Return the fields of all mappings among some values, stored ones too; of two that have one name the later counts."""
    joined: dict[str, Any] = {}
    for value in values:
        inside = short_parts(value)
        joined.update(inside if isinstance(inside, Mapping) else {})
    return joined


def _what_is_there(inside: Any) -> str:
    # Names only: the values may be a log or a person's text.
    if not isinstance(inside, Mapping):
        return f"is a {type(inside).__name__} without fields"
    names = sorted(str(name)[:SHORT_TEXT_MAX_LENGTH] for name in inside)[:10]
    return f"has only {', '.join(names)}" if names else "is empty"


class Readable(Model):
    """What inputs can read: the context, the run's status, and the reference of each component's conversation."""

    context: Mapping[str, Any]
    status: str = ""
    conversations: Mapping[str, str] = {}


def resolve_inputs(inputs: Sequence[Input], readable: Readable | Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs' values by name; stored values in their JSON form, None for an optional one that is missing.

    Raises:
        MissingValue: a value that is not optional is missing.
    """
    known = readable if isinstance(readable, Readable) else Readable(context=readable)
    return {given.name: _resolved(given, known) for given in inputs}


def _resolved(given: Input, readable: Readable) -> Any:
    if given.is_literal:
        return given.source
    try:
        return _read(given, readable)
    except MissingValue:
        if given.is_optional:
            return None
        raise


def _read(given: Input, readable: Readable) -> Any:
    if given.target == "status":
        return readable.status
    if given.target != "conversation_history":
        return lookup(readable.context, given.source)
    name = ".".join(given.path)
    if name not in readable.conversations:
        known = ", ".join(sorted(readable.conversations)) or "none"
        raise MissingValue(f"{given.source!r} has no value: {name} has no conversation yet. Conversations so far: {known}.")
    return stored_conversation(readable.conversations[name])


def initial_context(  # noqa: PLR0913 - GitLab's context has these, and each caller knows all of them
    *,
    goal: str,
    project_id: int,
    project_http_url_to_repo: str,
    current_date: str,
    workflow_id: str,
    session_url: str,
    project_default_branch: str,
    instance: GitLabInstance,
    inputs: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the context that every flow starts with, under GitLab's names.

    Args:
        goal: what the requester asked for.
        project_id: the project's number.
        project_http_url_to_repo: its clone address.
        current_date: the day, as YYYY-MM-DD.
        workflow_id: of this run.
        session_url: where people look at the session.
        project_default_branch: its name.
        instance: the GitLab that the project is in.
        inputs: the additional context, as category -> field -> value.
    """
    return {
        "goal": goal,
        "project_id": project_id,
        "project_http_url_to_repo": project_http_url_to_repo,
        "current_date": current_date,
        "workflow_id": workflow_id,
        "session_url": session_url,
        "project_default_branch": project_default_branch,
        "gitlab_instance_type": instance.kind,
        "gitlab_instance_url": instance.url,
        "gitlab_instance_version": instance.version,
        # GitLab has one here where a flow runs in a group. Here a session is a project's.
        "namespace": None,
        "inputs": dict(inputs),
    }


# What a component may not be called: its outputs would hide these.
RESERVED_NAMES = frozenset(
    {
        "goal",
        "project_id",
        "project_http_url_to_repo",
        "current_date",
        "workflow_id",
        "session_url",
        "project_default_branch",
        "gitlab_instance_type",
        "gitlab_instance_url",
        "gitlab_instance_version",
        "namespace",
        "inputs",
    },
)
