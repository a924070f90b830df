"""The words GitLab knows in a CI configuration. Tables and the check of a mapping against them, nothing else.

Source: https://docs.gitlab.com/ci/yaml/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.gitlab.ci.model import CiConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

GLOBAL_KEYS = frozenset(
    """
    default include stages variables workflow spec image services cache before_script after_script types
    """.split()  # noqa: SIM905  # a list of fifty quoted words is harder to read than the words
)
DEFAULT_KEYS = frozenset(
    """
    after_script artifacts before_script cache hooks id_tokens identity image interruptible retry
    services tags timeout
    """.split()  # noqa: SIM905  # a list of fifty quoted words is harder to read than the words
)
JOB_KEYS = frozenset(
    """
    after_script allow_failure artifacts before_script cache coverage dast_configuration dependencies
    environment except extends hooks id_tokens identity image inherit inputs interruptible
    manual_confirmation needs only pages parallel publish release resource_group retry rules run script
    secrets services stage start_in tags timeout trigger type variables when
    """.split()  # noqa: SIM905  # a list of fifty quoted words is harder to read than the words
)
RULE_KEYS = frozenset(
    ["if", "changes", "exists", "when", "start_in", "allow_failure", "variables", "needs", "interruptible", "auto_cancel"]
)
WORKFLOW_KEYS = frozenset(["name", "rules", "auto_cancel"])
ONLY_KEYS = frozenset(["refs", "variables", "changes", "kubernetes"])

NOT_SERVED: Mapping[str, str] = {
    "include": "put the included text into this file",
    "parallel": "write the jobs out",
    "trigger": "child and multi-project pipelines are not run",
    "run": "use script",
    "exists": "use changes or if",
    "start_in": "delayed jobs are not run",
}
"""GitLab knows these and they change what runs, so ignoring them would lie. Each with what to do instead."""


def check_keys(mapping: Mapping[Any, Any], *, allowed: Collection[str], where: str) -> None:
    """Refuse keys that GitLab does not know, and keys that the stand-in would have to ignore wrongly.

    Raises:
        CiConfigError: naming the place (`jobs:test`) and every such key.
    """
    unknown = [str(key) for key in mapping if key not in allowed]
    if unknown:
        raise CiConfigError(f"{where} config contains unknown keys: {', '.join(unknown)}")
    for key in mapping:
        if key in NOT_SERVED:
            raise CiConfigError(f"{where}:{key} is not served by the GitLab stand-in: {NOT_SERVED[key]}")
