"""The settings as a table for people: `docs/settings.md` holds it, `duoflow settings` prints it, a test compares the two."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo

from .settings import Settings


def settings_table() -> str:
    """Return every setting with its variables, its default and its meaning, as a Markdown table."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def _row(name: str, field: FieldInfo) -> str:
    meaning = str(field.description).replace("|", "\\|")
    return f"| {_variables(name, field)} | {_default(field.default)} | {meaning} |"


def _variables(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    names = alias.choices if isinstance(alias, AliasChoices) else [f"DUOFLOWS_{name.upper()}"]
    return " or ".join(f"`{variable}`" for variable in names)


def _default(value: Any) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, timedelta):
        return f"{value}"
    if isinstance(value, dict):
        value = tuple(f"{name}={part}" for name, part in value.items())
    if isinstance(value, tuple):
        value = ", ".join(value)
    return "" if value in {"", None} else f"`{value}`"
