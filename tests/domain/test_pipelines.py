"""Pipelines, commits and notes: what can be told from what GitLab reports."""

from datetime import UTC, datetime, timedelta

import pytest

from duo_flows.domain.people import Person
from duo_flows.domain.pipelines import (
    Commit,
    Note,
    NoteTarget,
    Pipeline,
    TargetKind,
    WaitOutcome,
    decisive_of,
    note_target_of,
    outcome_of_wait,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "is_finished"),
    [
        ("success", True),
        ("failed", True),
        ("canceled", True),
        ("skipped", True),
        ("running", False),
        ("pending", False),
        ("created", False),
        ("manual", False),
        ("scheduled", False),
        ("waiting_for_resource", False),
        ("preparing", False),
        ("canceling", False),
        ("a_status_from_the_future", False),
    ],
)
def test_a_pipeline_has_ended_only_in_the_four_statuses_after_which_nothing_happens(status, is_finished):
    assert Pipeline(id=1, project_id=7, ref="main", sha="a" * 40, status=status).is_finished is is_finished


@pytest.mark.parametrize(
    ("statuses", "decisive"),
    [
        (("success", "success"), 0),
        (("success", "running"), 1),
        (("running", "success", "failed"), 2),
        (("canceled", "success"), 1),
        (("skipped", "canceled"), 0),
    ],
)
def test_of_a_commits_pipelines_a_failed_one_decides_then_one_that_runs_then_one_that_passed(statuses, decisive):
    pipelines = [
        Pipeline(id=number, project_id=7, ref="main", sha="a" * 40, status=status, source=f"source {number}")
        for number, status in enumerate(statuses)
    ]

    assert decisive_of(pipelines) == pipelines[decisive]


def test_a_pipeline_that_was_run_again_and_passed_counts_no_more_as_failed():
    again, before = (Pipeline(id=n, project_id=7, ref="main", sha="a" * 40, status=s) for n, s in ((2, "success"), (1, "failed")))

    assert decisive_of((again, before)) == again


def test_a_commit_without_pipelines_is_decided_by_none():
    assert decisive_of(()) is None


@pytest.mark.parametrize(
    ("status", "is_last", "outcome"),
    [
        ("success", False, WaitOutcome.PASSED),
        ("success", True, WaitOutcome.PASSED),
        ("failed", False, WaitOutcome.FAILED),
        ("failed", True, WaitOutcome.ATTEMPTS_USED_UP),
        ("canceled", False, WaitOutcome.NOT_JUDGED),
        ("skipped", True, WaitOutcome.NOT_JUDGED),
        ("running", True, WaitOutcome.TIMED_OUT),
        ("", False, WaitOutcome.TIMED_OUT),
    ],
)
def test_a_wait_has_passed_only_when_the_pipeline_has(status, is_last, outcome):
    assert outcome_of_wait(status, is_last=is_last) is outcome


@pytest.mark.parametrize(
    ("ref", "iid"),
    [
        ("refs/merge-requests/12/head", 12),
        ("refs/merge-requests/12/merge", 12),
        ("refs/merge-requests/12/train", 12),
        ("main", None),
        ("refs/merge-requests/12/merge/of-somebody", None),
    ],
)
def test_the_ref_of_a_merge_requests_own_pipeline_names_it(ref, iid):
    assert Pipeline(id=1, project_id=7, ref=ref, sha="a" * 40, status="failed").merge_request_iid == iid


@pytest.mark.parametrize(
    ("merge_request_iid", "issue_iid", "item"),
    [
        (12, 3, NoteTarget(project_id=7, kind=TargetKind.MERGE_REQUEST, iid=12)),
        (None, 3, NoteTarget(project_id=7, kind=TargetKind.ISSUE, iid=3)),
        (None, None, None),
    ],
)
def test_a_session_is_followed_at_its_merge_request_else_at_its_issue(merge_request_iid, issue_iid, item):
    assert note_target_of(7, merge_request_iid=merge_request_iid, issue_iid=issue_iid) == item


@pytest.mark.parametrize(
    ("message", "is_ours"),
    [
        ("Pin it\n\nDuo-Session: s1\nDuo-Digest: 00\n", True),
        ("Pin it\n\nReviewed-by: Maya\nDuo-Session: s1", True),
        ("Pin it\n", False),
        ("Revert what a session did\n\nThe commit said:\n\nDuo-Session: s1\n\nIt was wrong.\n", False),
        ("About the trailer Duo-Session: s1\n", False),
        ("", False),
    ],
)
def test_a_commit_is_ours_if_its_message_ends_with_our_trailer(message, is_ours):
    assert Commit(sha="a" * 40, message=message).is_ours is is_ours


@pytest.mark.parametrize(("later", "is_edited"), [(timedelta(), False), (timedelta(seconds=1), True)])
def test_a_note_is_edited_when_its_text_is_not_the_first(later, is_edited):
    target = NoteTarget(project_id=7, kind=TargetKind.ISSUE, iid=1)
    author = Person(id=2, username="maya")

    assert Note(id=1, target=target, author=author, body="x", created_at=AT, updated_at=AT + later).is_edited is is_edited
