"""Tools that read pipelines, jobs and logs."""

from __future__ import annotations

from pydantic import Field

from duo_flows.domain.model import Model

from .spec import Privilege, ToolSpec

WAIT_FOR_PIPELINE = "wait_for_pipeline"


class FailingJobs(Model):
    """Arguments of `get_pipeline_failing_jobs`."""

    pipeline_id: int = Field(description="The pipeline's number.")


class JobLog(Model):
    """Arguments of `get_job_logs`."""

    job_id: int = Field(description="The job's number.")
    start_line: int | None = Field(default=None, ge=1, description="First line to view, counted from 1.")
    end_line: int | None = Field(default=None, ge=1, description="Last line to view, included.")
    grep: str = Field(default="", max_length=200, description="Only lines that contain this text, with three lines around each.")


class WaitForPipeline(Model):
    """Arguments of `wait_for_pipeline`."""

    sha: str = Field(description="The commit whose pipeline is awaited.")
    max_attempts: int = Field(default=3, ge=1, description="Passages through this step after which a red pipeline is final.")


SPECS = (
    ToolSpec(
        name="get_pipeline_failing_jobs",
        description="List the failed jobs that block a pipeline, child pipelines included, with their numbers and stages.",
        privilege=Privilege.READ_ONLY_GITLAB,
        arguments=FailingJobs,
    ),
    ToolSpec(
        name="get_job_logs",
        description=(
            "Read a job's log; every line is given with its line number. A long log is reduced to what matters; ask again with "
            "start_line and end_line, or grep, to see any other part."
        ),
        privilege=Privilege.READ_ONLY_GITLAB,
        arguments=JobLog,
    ),
    ToolSpec(
        name=WAIT_FOR_PIPELINE,
        description="Wait durably until the pipeline of a commit has ended.",
        privilege=Privilege.READ_ONLY_GITLAB,
        arguments=WaitForPipeline,
        for_agents=False,
    ),
)
