"""What a person consents to is what they are shown: which parts of it redaction would hide, and how the rest is shown.

The law of this module: pure. Each value is looked at alone, so that no value can begin a secret that another one ends and take what
stands between them out of sight. What would be written and cannot be shown is refused; nobody can consent to it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import Refused
from .model import Model
from .redaction import redact, redact_value
from .visible_text import visible

# The reason names so many fields; the others are put right with them.
_FIELDS_TOLD = 5
_FIELD_MAX = 100


class ShownArguments(Model):
    """A call's arguments as a person reads them: JSON. `exact` is the same without any change but for secrets.

    `decoded` and `redacted` are the paths of values that `text` shows otherwise than they are given.
    """

    text: str
    exact: str
    decoded: tuple[str, ...] = ()
    redacted: tuple[str, ...] = ()


def shown_arguments(arguments: Any) -> ShownArguments:
    """Return arguments as they are shown. JSON's escapes say each sign that nobody sees, so that no sign is lost."""
    readable, decoded = _decoded(arguments)
    return ShownArguments(
        text=_json(redact_value(readable)),
        exact=_json(redact_value(arguments)),
        decoded=decoded,
        redacted=secret_fields(arguments),
    )


def _json(value: Any) -> str:
    return visible(json.dumps(value, indent=1, ensure_ascii=False))


def check_can_be_shown(tool: str, arguments: Any) -> None:
    """Raise Refused if a person could not see all of what a writing tool's call would write."""
    fields = secret_fields(arguments)
    if fields:
        named = ", ".join(fields[:_FIELDS_TOLD])
        raise Refused(
            f"What looks like a secret stands in {named} of {tool}, where it cannot be shown to the person who is asked; nothing "
            "was written. Use a variable or a placeholder instead.",
            code="would_write_secret",
        )


def secret_fields(value: Any) -> tuple[str, ...]:
    """Return the paths of all texts in a JSON value that redaction would change, as `actions.0.content`; of names too."""
    return tuple(dict.fromkeys(_secret_fields(value, "")))


def _secret_fields(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str):
        if redact(value) != value:
            yield path or "the arguments"
    elif isinstance(value, Mapping):
        readable, _ = _readable(value)
        for name, part in readable.items():
            # A name that is a secret itself is not told.
            if redact(str(name)) != str(name):
                yield f"a name in {path or 'the arguments'}"
            else:
                yield from _secret_fields(part, _below(path, name))
        if readable is not value:
            yield from _secret_fields(value["content"], _below(path, "content"))
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _secret_fields(part, _below(path, number))


def _below(path: str, name: Any) -> str:
    shown = str(name)[:_FIELD_MAX]
    return f"{path}.{shown}" if path else shown


def _decoded(value: Any, path: str = "") -> tuple[Any, tuple[str, ...]]:
    """Return (the value with texts in Base64 as what they say, the paths of these)."""
    if isinstance(value, Mapping):
        readable, is_decoded = _readable(value)
        parts = {name: _decoded(part, _below(path, name)) for name, part in readable.items()}
        here = (_below(path, "content"),) if is_decoded else ()
        return {name: part for name, (part, _) in parts.items()}, here + _joined(parts.values())
    if isinstance(value, list | tuple):
        items = [_decoded(part, _below(path, number)) for number, part in enumerate(value)]
        return [part for part, _ in items], _joined(items)
    return value, ()


def _joined(parts: Any) -> tuple[str, ...]:
    return tuple(path for _, paths in parts for path in paths)


def _readable(value: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Return (a file action with its content as text, whether it was in Base64), as it will be written; others as they are."""
    if value.get("encoding") != "base64" or not isinstance(value.get("content"), str):
        return value, False
    try:
        text = base64.b64decode(value["content"], validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return value, False  # not text, which no tool writes
    return {**value, "content": text}, True


def shown_diff(diff: str) -> str:
    """Return a unified diff as it is shown: what it adds and removes as it is, secrets of lines that stay taken out.

    Raises:
        Refused: a line that it adds or removes would be hidden.
    """
    lines, shown = diff.split("\n"), redact(diff).split("\n")
    if len(lines) != len(shown) or any(line != seen and not line.startswith(" ") for line, seen in zip(lines, shown, strict=True)):
        raise hidden_change()
    return visible("\n".join(shown))


def hidden_change() -> Refused:
    """Return why a change is not proposed that could not be shown whole."""
    return Refused(
        "What looks like a secret stands in what the change adds or removes, so that it cannot be shown to the person who is "
        "asked. Use a variable or a placeholder, and write no line that looks like the beginning or end of a private key.",
        code="would_write_secret",
    )
