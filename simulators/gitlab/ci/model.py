"""What a planned pipeline is. Values only: nothing here reads a file, parses a text or starts a process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_TIMEOUT_SECONDS = 3600.0
"""GitLab's default for a project: one hour."""


class CiConfigError(Exception):
    """The configuration is wrong. The message is for a person, names the key, and uses GitLab's words."""


class PipelineFilteredError(CiConfigError):
    """The configuration is right, and asks for no pipeline here: GitLab creates none instead of a failed one."""


@dataclass(frozen=True)
class JobPlan:
    """One job that belongs to the pipeline, with everything inherited already resolved.

    `when` is one of on_success, always, never, manual, on_failure (`never` jobs are left out of a plan).
    `needs` is None where the job waits for all earlier stages, and () where it starts at once.
    """

    name: str
    stage: str
    script: tuple[str, ...]
    before_script: tuple[str, ...] = ()
    after_script: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] | None = None
    allow_failure: bool = False
    allow_failure_exit_codes: tuple[int, ...] = ()
    when: str = "on_success"
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    retry_count: int = 0
    image: str | None = None

    def is_allowed_to_fail_with(self, exit_code: int) -> bool:
        """Whether a failure with this exit code leaves the pipeline green (`allow_failure`, `allow_failure:exit_codes`)."""
        return self.allow_failure or exit_code in self.allow_failure_exit_codes


@dataclass(frozen=True)
class PipelinePlan:
    """The jobs of one pipeline in stage order, the stages that have jobs, and the variables all jobs share."""

    stages: tuple[str, ...]
    jobs: tuple[JobPlan, ...]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class JobResult:
    """How a job ended; `failure_reason` is GitLab's word, or None for success.

    The words are `script_failure`, `job_execution_timeout`, `runner_system_failure`.
    """

    exit_code: int
    failure_reason: str | None
