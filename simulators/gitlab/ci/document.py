"""From the text of `.gitlab-ci.yml` to plain mappings: YAML, `!reference`, `extends`, `default`.

What a key means is decided in `jobs`; here mappings are only found, merged and checked for unknown keys.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import yaml

from simulators.gitlab.ci.keywords import DEFAULT_KEYS, GLOBAL_KEYS, JOB_KEYS, WORKFLOW_KEYS, check_keys
from simulators.gitlab.ci.model import CiConfigError

Settings = dict[str, Any]

DEEPEST_NESTING = 10
"""GitLab follows `extends` and nested scripts ten levels deep."""

_LEGACY_DEFAULTS = ("image", "services", "cache", "before_script", "after_script")
"""Keys that GitLab still accepts at the top, with the meaning of the same key under `default`."""


@dataclass(frozen=True)
class _Reference:
    keys: tuple[str, ...]


class _Loader(yaml.SafeLoader):
    """Safe YAML, with GitLab's `!reference [job, key]`."""


def _reference(loader: yaml.SafeLoader, node: yaml.Node) -> _Reference:
    if not isinstance(node, yaml.SequenceNode):
        raise CiConfigError("!reference takes a list of keys, as in !reference [.setup, script]")
    return _Reference(tuple(str(key) for key in loader.construct_sequence(node)))


_Loader.add_constructor("!reference", _reference)


@dataclass(frozen=True)
class Document:
    """A configuration whose references, `extends` and defaults are resolved; hidden jobs are gone."""

    stages: tuple[str, ...]
    variables: Settings
    workflow_rules: list[Any] | None
    jobs: dict[str, Settings]


def read_document(text: str) -> Document:
    """Read the configuration.

    Raises:
        CiConfigError: no YAML, no mapping, an unknown key, a broken `extends` or `!reference`, or no visible job.
    """
    root = _root(text)
    root = _resolved(root, root=root, depth=0)
    check_keys({key: 1 for key in root if key in GLOBAL_KEYS}, allowed=GLOBAL_KEYS, where="root")
    extended = {name: _extended(name, root=root, seen=()) for name in _job_names(root)}
    defaults = _defaults(root)
    jobs = {name: _with_defaults(job, defaults=defaults, name=name) for name, job in extended.items()}
    if not jobs:
        raise CiConfigError("jobs config should contain at least one visible job")
    return Document(stages=_stages(root), variables=_mapping(root, "variables"), workflow_rules=_workflow(root), jobs=jobs)


def _root(text: str) -> Settings:
    try:
        # The loader is a SafeLoader with one harmless tag more.
        root = yaml.load(text, Loader=_Loader)  # noqa: S506
    except yaml.YAMLError as error:
        raise CiConfigError(f"(<unknown>): {' '.join(str(error).split())}") from error
    if not isinstance(root, dict):
        raise CiConfigError("Invalid configuration format")
    return {str(key): value for key, value in root.items()}


def _resolved(value: Any, *, root: Settings, depth: int) -> Any:
    """The value with every `!reference` replaced by what it names."""
    if depth > 10 * DEEPEST_NESTING:
        raise CiConfigError("!reference is nested too deeply, or refers to itself")
    if isinstance(value, _Reference):
        return _resolved(_referred(value, root=root), root=root, depth=depth + 1)
    if isinstance(value, dict):
        return {str(key): _resolved(item, root=root, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, root=root, depth=depth + 1) for item in value]
    return value


def _referred(reference: _Reference, *, root: Settings) -> Any:
    here: Any = root
    for key in reference.keys:
        if not isinstance(here, dict) or key not in here:
            raise CiConfigError(f"!reference {list(reference.keys)} could not be found")
        here = here[key]
    return here


def _job_names(root: Settings) -> list[str]:
    names = [name for name in root if name not in GLOBAL_KEYS and not name.startswith(".")]
    for name in names:
        if not isinstance(root[name], dict):
            raise CiConfigError(f"jobs:{name} config should be a hash")
    return names


def _extended(name: str, *, root: Settings, seen: tuple[str, ...]) -> Settings:
    """The job with the jobs it extends merged below it: mappings deeply, everything else replaced."""
    if name in seen or len(seen) > DEEPEST_NESTING:
        raise CiConfigError(f"{(*seen, name)[0]}: circular dependency detected in `extends`")
    job = root[name]
    parents = job.get("extends", [])
    parents = [parents] if isinstance(parents, str) else parents
    missing = [parent for parent in parents if not isinstance(root.get(parent), dict)]
    if missing:
        raise CiConfigError(f"{name}: unknown keys in `extends` ({', '.join(map(str, missing))})")
    merged: Settings = {}
    for parent in parents:
        merged = _merged(merged, _extended(parent, root=root, seen=(*seen, name)))
    return _merged(merged, {key: value for key, value in job.items() if key != "extends"})


def _merged(base: Settings, over: Settings) -> Settings:
    result = copy.copy(base)
    for key, value in over.items():
        below = result.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        result[key] = _merged(below, value) if both else value  # type: ignore[arg-type]  # `both` says it is a dict
    return result


def _defaults(root: Settings) -> Settings:
    defaults = _mapping(root, "default")
    check_keys(defaults, allowed=DEFAULT_KEYS, where="default")
    legacy = {key: root[key] for key in _LEGACY_DEFAULTS if key in root}
    return {**legacy, **defaults}


def _with_defaults(job: Settings, *, defaults: Settings, name: str) -> Settings:
    check_keys(job, allowed=JOB_KEYS, where=f"jobs:{name}")
    inherit = job.get("inherit") or {}
    wanted = inherit.get("default", True) if isinstance(inherit, dict) else True
    if isinstance(wanted, list):
        defaults = {key: value for key, value in defaults.items() if key in wanted}
    return {**(defaults if wanted else {}), **job}


def _stages(root: Settings) -> tuple[str, ...]:
    stages = root.get("stages") or ["build", "test", "deploy"]
    if not isinstance(stages, list) or not all(isinstance(stage, str) for stage in stages):
        raise CiConfigError("stages config should be an array of strings")
    inner = [stage for stage in stages if stage not in {".pre", ".post"}]
    return (".pre", *inner, ".post")


def _mapping(root: Settings, key: str) -> Settings:
    value = root.get(key) or {}
    if not isinstance(value, dict):
        raise CiConfigError(f"{key} config should be a hash")
    return value


def _workflow(root: Settings) -> list[Any] | None:
    workflow = _mapping(root, "workflow")
    check_keys(workflow, allowed=WORKFLOW_KEYS, where="workflow")
    rules = workflow.get("rules")
    if rules is not None and not isinstance(rules, list):
        raise CiConfigError("workflow:rules config should be an array of hashes")
    return rules
