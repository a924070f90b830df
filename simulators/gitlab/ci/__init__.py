"""Reads `.gitlab-ci.yml` and runs its jobs, in GitLab's words.

What lives here: from the text of a CI configuration to a plan (`plan_pipeline`), and from one planned job to its trace and exit
code (`run_job`). What never does: pipelines as stored things, HTTP, git. Those belong to the stand-in around it.
"""

from simulators.gitlab.ci.model import (
    CiConfigError,
    JobPlan,
    JobResult,
    PipelineFilteredError,
    PipelinePlan,
)
from simulators.gitlab.ci.pipeline import plan_pipeline
from simulators.gitlab.ci.run import run_job

__all__ = [
    "CiConfigError",
    "JobPlan",
    "JobResult",
    "PipelineFilteredError",
    "PipelinePlan",
    "plan_pipeline",
    "run_job",
]
