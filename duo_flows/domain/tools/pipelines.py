"""Tools that read pipelines, jobs and logs, and check a pipeline's configuration."""

from __future__ import annotations

from types import MappingProxyType

from pydantic import Field

from duo_flows.domain.links import LinkKind
from duo_flows.domain.model import Model

from .reads import ReadIn, reading
from .spec import Privilege, ToolSpec

WAIT_FOR_PIPELINE = "wait_for_pipeline"


class PipelineRead(ReadIn):
    """Arguments of tools that read one pipeline."""

    pipeline_id: int | None = Field(default=None, description="The pipeline's number.")

    named_by = MappingProxyType({LinkKind.PIPELINE: "pipeline_id"})
    needed = "pipeline_id"


class FailingJobs(ReadIn):
    """Arguments of `get_pipeline_failing_jobs`: the pipeline, or the merge request whose newest one is meant."""

    pipeline_id: int | None = Field(default=None, description="The pipeline's number.")
    merge_request_iid: int | None = Field(default=None, description="Instead: a merge request, for its newest pipeline.")
    exclude_allow_failure: bool = Field(default=True, description="Whether jobs that may fail are left out.")

    named_by = MappingProxyType({LinkKind.PIPELINE: "pipeline_id", LinkKind.MERGE_REQUEST: "merge_request_iid"})


class JobLog(ReadIn):
    """Arguments of `get_job_logs`. `byte_offset` and `byte_limit` are GitLab's."""

    job_id: int | None = Field(default=None, description="The job's number.")
    start_line: int | None = Field(default=None, ge=1, description="First line to view, counted from 1.")
    end_line: int | None = Field(default=None, ge=1, description="Last line to view, included.")
    grep: str = Field(default="", max_length=200, description="Only lines that contain this text, with three lines around each.")
    byte_offset: int | None = Field(default=None, ge=0, description="Bytes to skip, instead of start_line.")
    byte_limit: int | None = Field(default=None, ge=1, description="How many bytes to view, instead of end_line.")

    named_by = MappingProxyType({LinkKind.JOB: "job_id"})
    needed = "job_id"


class CiLint(ReadIn):
    """Arguments of `ci_linter`."""

    content: str = Field(min_length=1, max_length=500_000, description="The configuration, as it would stand in .gitlab-ci.yml.")
    ref: str = Field(default="", description="The branch it is for; the default branch if left out.")


class WaitForPipeline(Model):
    """Arguments of `wait_for_pipeline`."""

    sha: str = Field(description="The commit whose pipeline is awaited.")
    max_attempts: int = Field(default=3, ge=1, description="Passages through this step after which a red pipeline is final.")


SPECS = (
    reading(
        "get_pipeline_failing_jobs",
        "List the failed jobs that block a pipeline, child pipelines included, with their numbers and stages.",
        arguments=FailingJobs,
    ),
    reading("list_pipeline_jobs", "List all jobs of a pipeline with their stage and status.", arguments=PipelineRead),
    reading("get_downstream_pipelines", "List the pipelines that a pipeline has started.", arguments=PipelineRead),
    reading(
        "get_failing_bridge_jobs",
        "List the failed trigger jobs of a pipeline, with the pipeline that each has started.",
        arguments=PipelineRead,
    ),
    reading(
        "get_job_logs",
        "Read a job's log; every line is given with its line number. A long log is reduced to what matters; ask again with "
        "start_line and end_line, or grep, to see any other part.",
        arguments=JobLog,
    ),
    reading(
        "ci_linter",
        "Check a pipeline configuration as GitLab would read it in this project: errors and warnings.",
        arguments=CiLint,
    ),
    ToolSpec(
        name=WAIT_FOR_PIPELINE,
        description="Wait durably until the pipeline of a commit has ended.",
        privilege=Privilege.READ_ONLY_GITLAB,
        arguments=WaitForPipeline,
        for_agents=False,
    ),
)
