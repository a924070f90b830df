"""CI variables: how they are written in YAML, and how one names another. Nothing here decides which variables a job gets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulators.gitlab.ci.model import CiConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_USE = re.compile(r"\$\$|\$(\w+)|\$\{(\w+)\}")
_DEEPEST_EXPANSION = 10
"""Variables that name each other in a circle are left as they are after this many rounds."""


def read_variables(value: Any, *, where: str) -> dict[str, str]:
    """Read `{NAME: text}` or `{NAME: {value: text, description: …}}`; an absent value is no variables.

    Raises:
        CiConfigError: no mapping, or a value that is neither text nor number.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise CiConfigError(f"{where} config should be a hash")
    return {str(name): _text(item, where=f"{where}:{name}") for name, item in value.items()}


def _text(value: Any, *, where: str) -> str:
    if isinstance(value, dict):
        value = value.get("value", "")
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return str(value)
    raise CiConfigError(f"{where} config should be a string or a number")


def expanded(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables with `$NAME` and `${NAME}` in their values replaced; an unknown name stays as written, `$$` is a dollar."""
    result = dict(variables)
    for _ in range(_DEEPEST_EXPANSION):
        following = {name: _expanded_once(text, name=name, known=result) for name, text in result.items()}
        if following == result:
            break
        result = following
    return {name: text.replace("$$", "$") for name, text in result.items()}


def _expanded_once(text: str, *, name: str, known: Mapping[str, str]) -> str:
    def replacement(match: re.Match[str]) -> str:
        used = match.group(1) or match.group(2)
        return match.group() if used is None or used == name else known.get(used, match.group())

    return _USE.sub(replacement, text)
