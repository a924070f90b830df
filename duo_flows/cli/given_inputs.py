"""`duoflow run --input` and `--context-file`: what a flow is given at its start, as GitLab's envelopes. Nothing is checked here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .failures import CommandError, ExitCode

Json = dict[str, Any]

_FORM = "--input takes CATEGORY.FIELD=VALUE"


def envelopes_of(inputs: Sequence[str], *, file: str = "", source: Path | None = None) -> list[Json]:
    """Return the envelopes to send; a field given by itself wins over the file's.

    Args:
        inputs: each `category.field=value`; a value that is JSON is taken as such, any other as a text.
        file: the text of the context file: GitLab's list of envelopes, or an object of categories with their fields.
        source: where that text is from, for errors.

    Raises:
        CommandError: something of it cannot be read.
    """
    given = _from_file(file, source) if source else {}
    for one in inputs:
        category, field, value = _parts(one)
        known = given.setdefault(category, {"Category": category, "Content": {}})
        if not isinstance(known["Content"], dict):
            raise CommandError(f"{one.partition('=')[0]}: {category} has no fields in {source}.", exit_code=ExitCode.USAGE)
        known["Content"] = {**known["Content"], field: value}
    return [{**one, "Content": json.dumps(one["Content"])} for one in given.values()]


def _parts(text: str) -> tuple[str, str, Any]:
    name, equals, value = text.partition("=")
    category, dot, field = name.strip().partition(".")
    if not (equals and dot and category and field):
        raise CommandError(f"{_FORM}, not {text!r}.", exit_code=ExitCode.USAGE)
    try:
        return category, field, json.loads(value)
    except (ValueError, RecursionError):
        return category, field, value


def _from_file(text: str, source: Path) -> dict[str, Json]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{source} is no JSON: {error}.", exit_code=ExitCode.USAGE) from None
    if isinstance(value, dict):
        return {category: {"Category": category, "Content": content} for category, content in value.items()}
    if not isinstance(value, list) or not all(isinstance(one, dict) and isinstance(one.get("Category"), str) for one in value):
        message = f'{source} must hold an object of categories, or a list of {{"Category": …, "Content": …}}.'
        raise CommandError(message, exit_code=ExitCode.USAGE)
    return {one["Category"]: {**one, "Content": _content(one.get("Content", {}))} for one in value}


def _content(value: Any) -> Any:
    # In GitLab's form it is a JSON text; written by hand it may as well be the value.
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
