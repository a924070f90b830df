"""One job's keys and what they mean. The merging of defaults is done before (`document`), the choice of jobs after (`pipeline`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulators.gitlab.ci.document import DEEPEST_NESTING
from simulators.gitlab.ci.model import DEFAULT_TIMEOUT_SECONDS, CiConfigError, JobPlan
from simulators.gitlab.ci.rules import WHEN_WORDS, Occasion, Verdict, apply_only_except, apply_rules
from simulators.gitlab.ci.variables import read_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

Settings = dict[str, Any]

MOST_RETRIES = 2
"""GitLab retries a job at most twice."""

_UNIT_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION_PART = re.compile(
    r"\s*(\d+(?:\.\d+)?)\s*(w|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)?(?![a-z])(?:\s|,|and\b)*"
)


@dataclass(frozen=True)
class PlannedJob:
    """A job of the pipeline, and which of its needs may be missing."""

    job: JobPlan
    optional_needs: frozenset[str]


def plan_job(
    name: str, job: Settings, *, occasion: Occasion, shared: Mapping[str, str], stages: tuple[str, ...]
) -> PlannedJob | None:
    """Plan one job, or None when its rules keep it out of this pipeline.

    Raises:
        CiConfigError: naming `jobs:<name>` and the key.
    """
    where = f"jobs:{name}"
    _check(name, job, stages=stages)
    verdict = _verdict(job, occasion=occasion, where=where)
    allow_failure, exit_codes = _allow_failure(job, verdict=verdict, where=where)
    needs, optional = _needs(verdict.needs if verdict.needs is not None else job.get("needs"), where=where)
    planned = JobPlan(
        name=name,
        stage=job.get("stage", "test"),
        before_script=commands(job.get("before_script"), where=f"{where}:before_script"),
        script=commands(job["script"], where=f"{where}:script"),
        after_script=commands(job.get("after_script"), where=f"{where}:after_script"),
        variables=_inherited(job, shared=shared)
        | read_variables(job.get("variables"), where=f"{where}:variables")
        | dict(verdict.variables),
        needs=needs,
        allow_failure=allow_failure,
        allow_failure_exit_codes=exit_codes,
        when=_when(job, verdict=verdict, where=where),
        timeout_seconds=duration_seconds(job.get("timeout"), where=f"{where}:timeout"),
        retry_count=_retry_count(job.get("retry"), where=where),
        image=_image(job.get("image")),
    )
    is_included = verdict.is_included and planned.when != "never"
    return PlannedJob(planned, optional) if is_included else None


def _check(name: str, job: Settings, *, stages: tuple[str, ...]) -> None:
    if "script" not in job:
        raise CiConfigError(f"jobs:{name} config should implement the script:, run:, or trigger: keyword")
    older = [key for key in ("only", "except") if key in job]
    if "rules" in job and older:
        raise CiConfigError(f"jobs:{name} config key may not be used with `rules`: {', '.join(older)}")
    stage = job.get("stage", "test")
    if stage not in stages:
        raise CiConfigError(f"{name} job: chosen stage {stage} does not exist; available stages are {', '.join(stages)}")


def _verdict(job: Settings, *, occasion: Occasion, where: str) -> Verdict:
    if "rules" in job:
        return apply_rules(job["rules"], occasion=occasion, where=where)
    return apply_only_except(job, occasion=occasion, where=where)


def _when(job: Settings, *, verdict: Verdict, where: str) -> str:
    when = verdict.when or job.get("when", "on_success")
    if when == "delayed":
        raise CiConfigError(f"{where} when delayed is not served by the GitLab stand-in: use manual or on_success")
    if when not in WHEN_WORDS:
        raise CiConfigError(f"{where} when should be one of: {', '.join(WHEN_WORDS)}, delayed")
    return str(when)


def _allow_failure(job: Settings, *, verdict: Verdict, where: str) -> tuple[bool, tuple[int, ...]]:
    """A manual job that is not made so by `rules` may fail by default, as in GitLab."""
    value: Any = verdict.allow_failure
    if value is None:
        value = job.get("allow_failure", "rules" not in job and job.get("when") == "manual")
    if isinstance(value, bool):
        return value, ()
    codes = value.get("exit_codes") if isinstance(value, dict) and set(value) == {"exit_codes"} else None
    codes = [codes] if isinstance(codes, int) else codes
    if not isinstance(codes, list) or not all(isinstance(code, int) for code in codes):
        raise CiConfigError(f"{where}:allow_failure config should be a hash or a boolean value")
    return False, tuple(codes)


def _needs(value: Any, *, where: str) -> tuple[tuple[str, ...] | None, frozenset[str]]:
    """The names, and which of them are `optional`; needs of other pipelines do not wait for anything here."""
    if value is None:
        return None, frozenset()
    if not isinstance(value, list):
        raise CiConfigError(f"{where}:needs config should be a hash or an array of hashes and strings")
    entries = [{"job": item} if isinstance(item, str) else item for item in value]
    if not all(isinstance(item, dict) and ("job" in item or "pipeline" in item) for item in entries):
        raise CiConfigError(f"{where}:needs:need has an unsupported type")
    here = [item for item in entries if "job" in item and "pipeline" not in item and "project" not in item]
    names = tuple(str(item["job"]) for item in here)
    return names, frozenset(str(item["job"]) for item in here if item.get("optional"))


def _inherited(job: Settings, *, shared: Mapping[str, str]) -> dict[str, str]:
    inherit = job.get("inherit") or {}
    wanted = inherit.get("variables", True) if isinstance(inherit, dict) else True
    if isinstance(wanted, list):
        return {name: text for name, text in shared.items() if name in wanted}
    return dict(shared) if wanted else {}


def _retry_count(value: Any, *, where: str) -> int:
    count = value.get("max", 0) if isinstance(value, dict) else value or 0
    if not isinstance(count, int) or not 0 <= count <= MOST_RETRIES:
        raise CiConfigError(f"{where}:retry config must be less than or equal to {MOST_RETRIES}")
    return count


def _image(value: Any) -> str | None:
    name = value.get("name") if isinstance(value, dict) else value
    return None if name is None else str(name)


def commands(value: Any, *, where: str, depth: int = 0) -> tuple[str, ...]:
    """The commands of a script: a text, or lists of texts in lists.

    Raises:
        CiConfigError: anything else, or lists deeper than ten.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or depth >= DEEPEST_NESTING:
        raise CiConfigError(f"{where} config should be a string or a nested array of strings up to 10 levels deep")
    return tuple(command for item in value for command in commands(item or "", where=where, depth=depth + 1))


def duration_seconds(value: Any, *, where: str) -> float:
    """Read `3 hours 30 minutes`, `1h 30m`, `90`; None is GitLab's default of one hour.

    Raises:
        CiConfigError: no such text, or nothing at all.
    """
    if value is None:
        return DEFAULT_TIMEOUT_SECONDS
    text = str(value).strip().lower()
    total, position = 0.0, 0
    while position < len(text) and (part := _DURATION_PART.match(text, position)):
        total += float(part.group(1)) * _UNIT_SECONDS[(part.group(2) or "s")[0]]
        position = part.end()
    if position < len(text) or total <= 0:
        raise CiConfigError(f"{where} config should be a duration")
    return total
