"""Pipelines that really run."""

import time

import gitlab
import pytest

pytestmark = [pytest.mark.server, pytest.mark.sandbox]
ENDED = {"success", "failed", "canceled", "skipped", "manual"}


def ended(project, number):
    """The pipeline once it is over; the suite's own time limit ends the waiting otherwise."""
    while (pipeline := project.pipelines.get(number)).status not in ENDED:
        time.sleep(0.1)
    return pipeline


def commit(project, branch, message, files):
    actions = [{"action": "update", "file_path": path, "content": content} for path, content in files.items()]
    return project.commits.create({"branch": branch, "start_branch": "main", "commit_message": message, "actions": actions})


def statuses(pipeline):
    return {job.name: job.status for job in pipeline.jobs.list(get_all=True)}


def test_a_green_pipeline_forgives_what_may_fail(stand_in):
    project = stand_in.project("dan")

    pipeline = ended(project, project.pipelines.list(ref="main", get_all=True)[-1].id)

    assert pipeline.status == "success"
    assert statuses(pipeline) == {"check": "success", "maybe": "failed", "ship": "success", "by-hand": "manual"}
    assert pipeline.detailed_status["label"] == "passed with warnings"


def test_a_red_pipeline_skips_what_comes_after_and_keeps_the_trace(stand_in):
    project = stand_in.project("dan")

    pipeline = ended(project, project.pipelines.list(ref="feature", get_all=True)[-1].id)

    assert pipeline.status == "failed"
    assert statuses(pipeline) == {"check": "failed", "maybe": "failed", "ship": "skipped", "by-hand": "skipped"}
    failed = pipeline.jobs.list(scope="failed", get_all=True)
    job = project.jobs.get(next(job.id for job in failed if job.name == "check"))
    trace = job.trace().decode()
    assert job.failure_reason == "script_failure"
    assert "sh check.sh" in trace
    assert "ERROR: Job failed: exit code 3" in trace


def test_a_manual_job_is_played(stand_in):
    project = stand_in.project("dan")
    pipeline = ended(project, project.pipelines.list(ref="main", get_all=True)[-1].id)
    job = next(job for job in pipeline.jobs.list(get_all=True) if job.name == "by-hand")

    project.jobs.get(job.id).play()

    pipeline = ended(project, pipeline.id)
    assert statuses(pipeline)["by-hand"] == "success"
    assert b"by hand" in project.jobs.get(job.id).trace()


def test_a_job_that_is_tried_again_is_another_job(stand_in):
    project = stand_in.project("dan")
    pipeline = ended(project, project.pipelines.list(ref="feature", get_all=True)[-1].id)
    job = next(job for job in pipeline.jobs.list(get_all=True) if job.name == "check")

    again = project.jobs.get(job.id).retry()

    ended(project, pipeline.id)
    assert again["id"] > job.id
    assert again["id"] in [other.id for other in pipeline.jobs.list(get_all=True)]
    assert job.id not in [other.id for other in pipeline.jobs.list(get_all=True)]
    assert job.id in [other.id for other in pipeline.jobs.list(include_retried=True, get_all=True)]


def test_a_commit_that_says_so_skips_its_pipeline(stand_in):
    project = stand_in.project("dan")

    commit(project, "quiet", "Docs only [skip ci]", {"README.md": "quiet"})

    pipelines = project.pipelines.list(ref="quiet", get_all=True)
    assert [pipeline.status for pipeline in pipelines] == ["skipped"]
    assert pipelines[0].jobs.list(get_all=True) == []


def test_a_wrong_configuration_fails_and_says_why(stand_in):
    project = stand_in.project("dan")

    commit(project, "wrong", "Break the file", {".gitlab-ci.yml": "job: {stage: nowhere, script: [x]}"})

    pipeline = project.pipelines.get(project.pipelines.list(ref="wrong", get_all=True)[0].id)
    assert pipeline.status == "failed"
    assert "nowhere" in pipeline.yaml_errors
    lint = project.ci_lint.get(sha="wrong")
    assert (lint.valid, lint.errors) == (False, [pipeline.yaml_errors])


def test_rules_ask_for_a_merge_request_pipeline(stand_in):
    project = stand_in.project("dan")
    config = "job: {script: [echo $CI_MERGE_REQUEST_IID], rules: [{if: '$CI_PIPELINE_SOURCE == \"merge_request_event\"'}]}"
    commit(project, "only-mr", "Only for requests", {".gitlab-ci.yml": config})
    before = project.pipelines.list(ref="only-mr", get_all=True)

    item = project.mergerequests.create({"source_branch": "only-mr", "target_branch": "main", "title": "Only"})

    own = item.pipelines.list(get_all=True)
    assert before == []
    assert [(pipeline.source, pipeline.ref) for pipeline in own] == [
        ("merge_request_event", f"refs/merge-requests/{item.iid}/head")
    ]
    assert project.mergerequests.get(item.iid).head_pipeline["id"] == own[0].id


def test_a_long_job_is_canceled(stand_in):
    project = stand_in.project("dan")
    commit(project, "long", "Take long", {".gitlab-ci.yml": "job: {script: [sleep 600]}"})
    pipeline = project.pipelines.get(project.pipelines.list(ref="long", get_all=True)[0].id)

    pipeline.cancel()

    pipeline = ended(project, pipeline.id)
    assert pipeline.status == "canceled"
    assert statuses(pipeline) == {"job": "canceled"}


def test_a_pipeline_is_started_with_variables(stand_in):
    project = stand_in.project("dan")
    commit(
        project,
        "told",
        "Say it",
        {".gitlab-ci.yml": "job: {script: ['echo said=$WORD in $CI_PROJECT_PATH'], rules: [{if: $WORD}]}"},
    )

    pipeline = ended(project, project.pipelines.create({"ref": "told", "variables": [{"key": "WORD", "value": "hello"}]}).id)

    job = pipeline.jobs.list(get_all=True)[0]
    assert b"said=hello in team/app" in project.jobs.get(job.id).trace()


def test_a_reporter_starts_no_pipeline(stand_in):
    project = stand_in.project("rita")
    before = project.pipelines.list(get_all=True)

    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.pipelines.create({"ref": "main"})

    assert refused.value.response_code == 403
    assert project.pipelines.list(get_all=True) == before


def test_there_are_no_artifacts_reports_or_bridges(stand_in):
    project = stand_in.project("dan")
    pipeline = project.pipelines.get(project.pipelines.list(ref="main", get_all=True)[-1].id)
    job = project.jobs.get(pipeline.jobs.list(get_all=True)[0].id)

    with pytest.raises(gitlab.GitlabGetError) as missing:
        job.artifacts()

    assert missing.value.response_code == 404
    assert pipeline.test_report.get().total_count == 0
    assert pipeline.bridges.list(get_all=True) == []
