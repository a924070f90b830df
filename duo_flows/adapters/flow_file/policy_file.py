"""Reads `.gitlab/duo/duo-flows.yml`, a project's policy. The file is untrusted text; what it does not say it does not grant."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import ValidationError

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.policy import POLICY_PATH, ProjectPolicy

# A policy is a page of text; more is a mistake or an attack on the parser.
_MAX_CHARACTERS = 64_000


def policy_of(text: str) -> ProjectPolicy:
    """Return the policy that this file states; an empty file states none.

    ```yaml
    triggers: {failed_pipeline: true}
    privileges: [read_only_gitlab, use_git]
    tools: {allow: [get_job_logs], deny: [run_command]}
    allow_default_branch: true
    ```

    Raises:
        NeverAgain: the file is no YAML, or names a key or a value that a policy does not have; the text names each.
    """
    content = _loaded(text)
    tools = _mapping(content.pop("tools", {}), "tools")
    if unknown := sorted(str(key) for key in tools.keys() - {"allow", "deny"}):
        raise _invalid(f"tools: unknown key {', '.join(unknown)}")
    renamed = {f"tools_{key}": value for key, value in tools.items()}
    try:
        return ProjectPolicy.model_validate({**content, **renamed})
    except ValidationError as error:
        raise _invalid("; ".join(_sentence(fault) for fault in error.errors(include_input=False, include_url=False))) from None


def _loaded(text: str) -> dict[str, Any]:
    if len(text) > _MAX_CHARACTERS:
        raise _invalid(f"it is longer than {_MAX_CHARACTERS:,} characters")
    try:
        return _mapping(yaml.safe_load(text) or {}, "the file")
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise _invalid(f"line {mark.line + 1} is not YAML" if mark else "it is not YAML") from None


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _invalid(f"{name} has to hold keys and values")
    return dict(value)


def _sentence(fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"]).replace("tools_", "tools.")
    return f"{place}: {fault['msg']}"


def _invalid(what: str) -> NeverAgain:
    return NeverAgain(f"{POLICY_PATH} does not hold a policy: {what}.", code="invalid_policy")
