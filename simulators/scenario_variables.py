"""What varies from run to run of a scenario: drawing the variables, and putting them into texts.

Shared by both stand-ins, which must draw the same values from the same seed without speaking to each other. Nothing here knows
what GitLab or Claude make of a scenario.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jinja2
import yaml
from jinja2.sandbox import SandboxedEnvironment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCENARIO_FILE = "scenario.yaml"
TOP_KEYS = ("description", "vary", "gitlab", "claude")
VARY_KEYS = ("choice", "integer", "timestamp_before")

TIMESTAMP_ANCHOR = 1_767_225_600
"""1 January 2026 in Unix seconds. `timestamp_before` counts back from here, not from now, so that a seed gives the same value
on every day, and the value has always passed."""

DAY_SECONDS = 86_400
_SEED_BITS = 32


class ScenarioError(Exception):
    """A scenario cannot be read. The message names file and key, and says what is allowed."""


@dataclass(frozen=True)
class Settings:
    """A scenario file as read: its sections still unjudged, its variables drawn.

    `file` is what error messages name. `seed` repeats the drawing.
    """

    file: Path
    seed: int
    variables: Mapping[str, str]
    description: str = ""
    gitlab: Mapping[str, Any] = field(default_factory=dict)
    claude: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where the paths in the sections start."""
        return self.file.parent


def read_settings(path: Path, *, seed: int | None, overrides: Mapping[str, str]) -> Settings:
    """Read a scenario's file and draw its variables.

    Args:
        path: the scenario's directory, or its file where that has another name than `scenario.yaml`.
        seed: repeats an earlier run; None draws a seed, which the result names.
        overrides: values by name, instead of drawn ones.

    Raises:
        ScenarioError: no such file, no such key, or a value that the file does not allow.
    """
    file = path if path.is_file() else path / SCENARIO_FILE
    root = read_mapping(file)
    check_keys(root, allowed=TOP_KEYS, where=f"{file}")
    chosen = secrets.randbits(_SEED_BITS) if seed is None else seed
    return Settings(
        file=file,
        seed=chosen,
        variables=draw(section(root, "vary", where=f"{file}"), seed=chosen, overrides=overrides, where=f"{file}: vary"),
        description=str(root.get("description", "")),
        gitlab=section(root, "gitlab", where=f"{file}"),
        claude=section(root, "claude", where=f"{file}"),
    )


def read_mapping(file: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        ScenarioError: it is missing, no YAML, or holds something else.
    """
    try:
        root = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{file}: cannot be read ({error.strerror}); a scenario is a directory with {SCENARIO_FILE}") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{file}: is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(root, dict):
        raise ScenarioError(f"{file}: must be a mapping of keys")
    return {str(key): value for key, value in root.items()}


def check_keys(mapping: Mapping[str, Any], *, allowed: tuple[str, ...], where: str) -> None:
    """Refuse keys that mean nothing, naming those that do.

    Raises:
        ScenarioError: there is such a key.
    """
    unknown = [key for key in mapping if key not in allowed]
    if unknown:
        raise ScenarioError(f"{where}: unknown key {', '.join(map(str, unknown))}; allowed are {', '.join(allowed)}")


def section(mapping: Mapping[str, Any], key: str, *, where: str) -> dict[str, Any]:
    """The mapping under a key, empty where the key is absent.

    Raises:
        ScenarioError: there is something else.
    """
    value = mapping.get(key) or {}
    if not isinstance(value, dict):
        raise ScenarioError(f"{where}: {key} must be a mapping of keys, not {type(value).__name__}")
    return value


def draw(vary: Mapping[str, Any], *, seed: int, overrides: Mapping[str, str], where: str) -> dict[str, str]:
    """Draw each variable, in the order written; a later one may use the earlier ones.

    Each has a random sequence of its own, so that overriding or adding one leaves the others as they were.

    Raises:
        ScenarioError: an override of no variable, or a variable that cannot be drawn.
    """
    unknown = sorted(set(overrides) - set(vary))
    if unknown:
        known = ", ".join(vary) or "none"
        raise ScenarioError(f"{where}: there is no variable {', '.join(unknown)} to set; the scenario has {known}")
    values: dict[str, str] = {}
    for name, written in vary.items():
        generator = random.Random(f"{seed}:{name}")  # noqa: S311  # variety of scenarios, not secrets
        values[name] = _value(written, values=values, generator=generator, wanted=overrides.get(name), where=f"{where}.{name}")
    return values


def _value(written: Any, *, values: Mapping[str, str], generator: random.Random, wanted: str | None, where: str) -> str:
    if not isinstance(written, dict):
        return wanted if wanted is not None else render(str(written), variables=values, where=where)
    rule = {key: value for key, value in written.items() if key != "default"}
    if len(rule) != 1 or next(iter(rule)) not in VARY_KEYS:
        raise ScenarioError(f"{where}: must be a text, or have one of {', '.join(VARY_KEYS)} (and perhaps default)")
    kind, argument = next(iter(rule.items()))
    wanted = wanted if wanted is not None else _default(written)
    if kind == "choice":
        return _choice(argument, generator=generator, wanted=wanted, where=where)
    low, high = _bounds(argument, where=f"{where}.{kind}")
    if kind == "integer":
        return _integer(low, high, generator=generator, wanted=wanted, where=where)
    drawn = TIMESTAMP_ANCHOR - generator.randint(low * DAY_SECONDS, high * DAY_SECONDS)
    return _whole_number(wanted, where=where) if wanted is not None else str(drawn)


def _default(written: Mapping[str, Any]) -> str | None:
    return str(written["default"]) if "default" in written else None


def _choice(argument: Any, *, generator: random.Random, wanted: str | None, where: str) -> str:
    if not isinstance(argument, list) or not argument:
        raise ScenarioError(f"{where}.choice: must be a list of values")
    choices = [str(item) for item in argument]
    if wanted is not None and wanted not in choices:
        raise ScenarioError(f"{where}: {wanted!r} is not allowed; choose one of {', '.join(choices)}")
    return wanted if wanted is not None else generator.choice(choices)


def _integer(low: int, high: int, *, generator: random.Random, wanted: str | None, where: str) -> str:
    if wanted is None:
        return str(generator.randint(low, high))
    number = _whole_number(wanted, where=where)
    if not low <= int(number) <= high:
        raise ScenarioError(f"{where}: {wanted} is not allowed; take a whole number from {low} to {high}")
    return number


def _whole_number(text: str, *, where: str) -> str:
    try:
        return str(int(text))
    except ValueError as error:
        raise ScenarioError(f"{where}: {text!r} is no whole number") from error


def _bounds(argument: Any, *, where: str) -> tuple[int, int]:
    match argument:
        case [int(low), int(high)] if 0 <= low <= high:
            return low, high
    raise ScenarioError(f"{where}: must be two whole numbers from 0 on, the smaller first, as in [1, 30]")


def environment() -> SandboxedEnvironment:
    """The template language of scenarios: Jinja2 in its sandbox, where a name that is not set is an error, not an empty text."""
    # Texts become files and JSON, never HTML: escaping would change the bytes.
    return SandboxedEnvironment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)


_TEMPLATES = environment()


def render(text: str, *, variables: Mapping[str, str], where: str) -> str:
    """Put the variables into a text.

    Raises:
        ScenarioError: the template cannot be read, or uses a name that is not set.
    """
    try:
        return _TEMPLATES.from_string(text).render(variables)
    except jinja2.TemplateError as error:
        known = ", ".join(variables) or "none"
        raise ScenarioError(f"{where}: {error}; variables are {known}") from error


def rendered(value: Any, *, variables: Mapping[str, str], where: str) -> Any:
    """The value with every text in it rendered, in mappings' keys too."""
    if isinstance(value, str):
        return render(value, variables=variables, where=where)
    if isinstance(value, list):
        return [rendered(item, variables=variables, where=f"{where}.{index}") for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {
            rendered(key, variables=variables, where=where): rendered(item, variables=variables, where=f"{where}.{key}")
            for key, item in value.items()
        }
    return value
