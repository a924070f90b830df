"""Pipelines, jobs and their logs."""

import json

import pytest

from duo_flows.adapters.gitlab.client import Client
from duo_flows.adapters.gitlab.contents import job_log
from duo_flows.domain.errors import TryAgain

server = pytest.mark.server


@server
async def test_a_pipeline_says_what_it_ran_on_and_for_whom(forge, project_id, pipeline_id):
    pipeline = await forge.pipeline(project_id, pipeline_id)
    assert (pipeline.ref, pipeline.status, pipeline.is_finished) == ("main", "failed", True)
    assert pipeline.sha == (await forge.branch(project_id, "main")).sha
    assert pipeline.user is not None
    assert pipeline.user.username == "maya"
    assert pipeline.web_url.endswith(f"/shop/tools/api/-/pipelines/{pipeline_id}")


@server
async def test_pipelines_are_found_by_commit_and_branch_newest_first(forge, project_id, pipeline_id, gitlab):
    newer = gitlab.finished_pipeline(project_id, "main", by="maya")
    sha = (await forge.branch(project_id, "main")).sha

    assert [found.id for found in await forge.pipelines(project_id, sha=sha)][:2] == [newer, pipeline_id]
    assert [found.id for found in await forge.pipelines(project_id, ref="main", limit=1)] == [newer]
    assert await forge.pipelines(project_id, ref="none") == ()


@server
async def test_jobs_say_how_they_ended(forge, project_id, pipeline_id):
    jobs = {job.name: job for job in await forge.jobs(project_id, pipeline_id)}
    assert {name: job.status for name, job in jobs.items()} == {"build": "success", "test": "failed", "lint": "failed"}
    assert jobs["test"].failure_reason == "script_failure"
    assert [jobs["lint"].allow_failure, jobs["test"].allow_failure] == [True, False]
    assert not any(job.is_bridge for job in jobs.values())


@server
async def test_of_a_job_that_was_tried_again_only_the_newest_try_is_given(forge, project_id, gitlab):
    pipeline_id = gitlab.finished_pipeline(project_id, "main", by="maya")
    (first,) = [job for job in await forge.jobs(project_id, pipeline_id) if job.name == "test"]
    retried = gitlab.rest("POST", f"/projects/{project_id}/jobs/{first.id}/retry", by="maya")

    jobs = await forge.jobs(project_id, pipeline_id)

    assert sorted(job.name for job in jobs) == ["build", "lint", "test"]
    assert [job.id for job in jobs if job.name == "test"] == [retried["id"]]


@server
async def test_a_log_is_the_raw_trace(forge, project_id, pipeline_id):
    (failed,) = [job for job in await forge.jobs(project_id, pipeline_id) if job.name == "test"]
    log = await forge.job_log(project_id, failed.id)
    assert b"testing" in log
    assert b"exit code 3" in log


@server
async def test_tries_and_bridges_are_told_apart(scripted, scripted_forge):
    job = {"id": 5, "name": "test", "stage": "test", "status": "failed"}
    older = {**job, "id": 4}
    bridge = {**job, "id": 6, "name": "deploy", "downstream_pipeline": {"id": 77}}
    scripted.answers["/projects/1/pipelines/2/jobs"] = (200, {}, json.dumps([job, older]).encode())
    scripted.answers["/projects/1/pipelines/2/bridges"] = (200, {}, json.dumps([bridge]).encode())

    found = await scripted_forge.jobs(1, 2)

    assert [(each.id, each.is_bridge, each.downstream_pipeline_id) for each in found] == [(5, False, None), (6, True, 77)]


@server
async def test_a_job_that_never_started_has_an_empty_log(scripted, scripted_forge):
    scripted.answers["/projects/1/jobs/2/trace"] = (200, {"Content-Type": "text/plain"}, b"")
    assert await scripted_forge.job_log(1, 2) == b""


@server
@pytest.mark.parametrize(
    ("cap", "kept"),
    [
        (100, b"line 1\nline 2\nline 3\n"),
        (21, b"line 1\nline 2\nline 3\n"),
        (20, b"[duo-flows: the first 7 bytes of this log were left out]\nline 2\nline 3\n"),
        (8, b"[duo-flows: the first 14 bytes of this log were left out]\nline 3\n"),
        (3, b"[duo-flows: the first 18 bytes of this log were left out]\n 3\n"),
    ],
)
def test_of_a_log_that_is_too_long_the_end_is_kept(scripted, cap, kept):
    scripted.answers["/projects/1/jobs/2/trace"] = (200, {"Content-Type": "text/plain"}, b"line 1\nline 2\nline 3\n")
    with Client(scripted.url, timeout=10) as client:
        assert job_log(client, 1, 2, max_bytes=cap) == kept


@server
def test_of_megabytes_no_more_than_the_cap_is_kept(scripted):
    lines = b"".join(b"line %07d\n" % number for number in range(300_000))
    scripted.answers["/projects/1/jobs/2/trace"] = (200, {"Content-Type": "text/plain"}, lines)
    with Client(scripted.url, timeout=10) as client:
        log = job_log(client, 1, 2, max_bytes=1_000_000)
    head, _, rest = log.partition(b"\n")
    assert head == b"[duo-flows: the first %d bytes of this log were left out]" % (len(lines) - len(rest))
    assert lines.endswith(rest)
    assert 1_000_000 - 13 < len(rest) <= 1_000_000


@server
async def test_a_log_that_breaks_off_is_tried_again(scripted, scripted_forge):
    scripted.answers["/projects/1/jobs/2/trace"] = (200, {"Content-Length": "1000"}, b"half")
    with pytest.raises(TryAgain):
        await scripted_forge.job_log(1, 2)
