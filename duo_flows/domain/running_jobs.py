"""Jobs with what they ran for, and pipelines that other pipelines started, as the forge reports them: values only."""

from __future__ import annotations

from .model import Model


class JobRecord(Model):
    """One job, its pipeline and the branch, tag or merge request ref it ran for."""

    id: int
    name: str
    stage: str
    status: str
    ref: str
    sha: str = ""
    pipeline_id: int
    web_url: str = ""


class Downstream(Model):
    """A trigger job and the pipeline it started; without a `pipeline_id` it started none.

    `project_id` is that of the started pipeline, which may be another than the trigger job's.
    """

    bridge_id: int
    bridge_name: str
    bridge_status: str
    failure_reason: str = ""
    pipeline_id: int | None = None
    project_id: int | None = None
    pipeline_status: str = ""
    web_url: str = ""
