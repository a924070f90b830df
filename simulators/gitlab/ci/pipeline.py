"""From a configuration and an occasion to the plan of one pipeline. Pure: the same arguments give the same plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulators.gitlab.ci.document import Document, read_document
from simulators.gitlab.ci.jobs import plan_job
from simulators.gitlab.ci.model import CiConfigError, JobPlan, PipelineFilteredError, PipelinePlan
from simulators.gitlab.ci.rules import Occasion, apply_rules
from simulators.gitlab.ci.variables import expanded, read_variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NO_VARIABLES: Mapping[str, str] = {}


def plan_pipeline(
    config_text: str,
    *,
    ref: str,
    default_branch: str,
    source: str,
    merge_request: bool,
    changes: Sequence[str] = (),
    variables: Mapping[str, str] = _NO_VARIABLES,
) -> PipelinePlan:
    """Plan the pipeline that GitLab would make of this configuration.

    Args:
        config_text: the text of `.gitlab-ci.yml`.
        ref: branch or tag name (for a merge request pipeline its source branch).
        default_branch: becomes CI_DEFAULT_BRANCH.
        source: GitLab's CI_PIPELINE_SOURCE (push, api, web, merge_request_event …).
        merge_request: whether this is a merge request pipeline; then CI_COMMIT_BRANCH is not set.
        changes: paths that the push or merge request changes, for `changes`.
        variables: of project and trigger, and predefined ones the caller knows; they win over the configuration's.

    Raises:
        PipelineFilteredError: the rules leave no pipeline, or one without jobs; nothing is to be created.
        CiConfigError: the configuration is wrong; GitLab shows a failed pipeline with this message.
    """
    document = read_document(config_text)
    predefined = _predefined(
        ref=ref, default_branch=default_branch, source=source, merge_request=merge_request, variables=variables
    )
    shared = read_variables(document.variables, where="variables")
    occasion = Occasion(
        ref=ref,
        source=source,
        is_merge_request=merge_request,
        is_tag="CI_COMMIT_TAG" in variables,
        changes=tuple(changes),
        variables=expanded({**predefined, **shared, **variables}),
    )
    shared |= _workflow_variables(document, occasion=occasion)
    occasion = replace(occasion, variables=expanded({**predefined, **shared, **variables}))
    jobs = _planned_jobs(document, occasion=occasion, shared=shared)
    used = {job.stage for job in jobs}
    return PipelinePlan(stages=tuple(stage for stage in document.stages if stage in used), jobs=jobs, variables=shared)


def _predefined(*, ref: str, default_branch: str, source: str, merge_request: bool, variables: Mapping[str, str]) -> dict[str, str]:
    """The predefined variables that conditions ask about most; the caller may know more."""
    predefined = {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_DEFAULT_BRANCH": default_branch,
        "CI_PIPELINE_SOURCE": source,
        "CI_COMMIT_REF_NAME": ref,
    }
    if merge_request:
        return predefined | {"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": ref}
    return predefined if "CI_COMMIT_TAG" in variables else predefined | {"CI_COMMIT_BRANCH": ref}


def _workflow_variables(document: Document, *, occasion: Occasion) -> dict[str, str]:
    if document.workflow_rules is None:
        return {}
    verdict = apply_rules(document.workflow_rules, occasion=occasion, where="workflow")
    if not verdict.is_included:
        raise PipelineFilteredError("Pipeline filtered out by workflow rules.")
    return dict(verdict.variables)


def _planned_jobs(document: Document, *, occasion: Occasion, shared: Mapping[str, str]) -> tuple[JobPlan, ...]:
    planned = [plan_job(name, job, occasion=occasion, shared=shared, stages=document.stages) for name, job in document.jobs.items()]
    jobs = [item for item in planned if item is not None]
    if not jobs:
        raise PipelineFilteredError(
            "Pipeline will not run for the selected trigger. The rules configuration prevented any jobs from being added "
            "to the pipeline."
        )
    jobs.sort(key=lambda item: document.stages.index(item.job.stage))
    present = {item.job.name for item in jobs}
    for item in jobs:
        _check_needs(item.job, optional=item.optional_needs, present=present, known=document.jobs)
    return tuple(_without_absent_needs(item.job, present=present) for item in jobs)


def _check_needs(job: JobPlan, *, optional: frozenset[str], present: set[str], known: Mapping[str, object]) -> None:
    for needed in job.needs or ():
        if needed in present or needed in optional:
            continue
        if needed not in known:
            raise CiConfigError(f"{job.name} job: undefined need: {needed}")
        raise CiConfigError(
            f"'{job.name}' job needs '{needed}' job, but '{needed}' does not exist in the pipeline. This might be because of "
            "the only, except, or rules keywords. To need a job that sometimes does not exist in the pipeline, use "
            "needs:optional."
        )


def _without_absent_needs(job: JobPlan, *, present: set[str]) -> JobPlan:
    if job.needs is None:
        return job
    return replace(job, needs=tuple(needed for needed in job.needs if needed in present))
