"""Merge requests."""

import gitlab
import pytest

pytestmark = pytest.mark.server


def branch_with(project, name, path, content):
    action = {"action": "create", "file_path": path, "content": content}
    return project.commits.create({"branch": name, "start_branch": "main", "commit_message": name, "actions": [action]})


def test_a_merge_request_shows_its_head_and_its_changes(stand_in):
    item = stand_in.project("dan").mergerequests.get(1)

    assert item.sha == item.diff_refs["head_sha"]
    assert item.head_pipeline["sha"] == item.sha
    assert [change["new_path"] for change in item.changes()["changes"]] == ["check.sh"]
    assert [
        diff["new_path"]
        for diff in item.manager.gitlab.http_list(f"/projects/{item.project_id}/merge_requests/1/diffs", get_all=True)
    ] == ["check.sh"]
    assert [commit.title for commit in item.commits()] == ["Break it"]
    assert item.detailed_merge_status == "mergeable"


def test_a_merge_request_is_opened_once_per_branch(stand_in):
    project = stand_in.project("dan")
    branch_with(project, "twice", "twice.txt", "1")
    asked = {"source_branch": "twice", "target_branch": "main", "title": "Twice"}
    first = project.mergerequests.create(asked)

    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.mergerequests.create(asked)

    assert refused.value.response_code == 409
    assert [item.iid for item in project.mergerequests.list(source_branch="twice", state="opened", get_all=True)] == [first.iid]


def test_a_missing_source_branch_is_refused(stand_in):
    project = stand_in.project("dan")
    before = project.mergerequests.list(get_all=True)

    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.mergerequests.create({"source_branch": "nowhere", "target_branch": "main", "title": "No"})

    assert refused.value.error_message == {"source_branch": ["does not exist"]}
    assert project.mergerequests.list(get_all=True) == before


def test_a_maintainer_merges(stand_in):
    branch_with(stand_in.project("dan"), "good", "good.txt", "good")
    asked = {"source_branch": "good", "target_branch": "main", "title": "Good", "remove_source_branch": True}
    number = stand_in.project("dan").mergerequests.create(asked).iid
    project = stand_in.project("mara")

    project.mergerequests.get(number).merge()

    merged = project.mergerequests.get(number)
    assert (merged.state, merged.merge_user["username"]) == ("merged", "mara")
    assert project.branches.get("main").commit["id"] == merged.merge_commit_sha
    assert project.files.raw("good.txt", ref="main") == b"good"
    assert "good" not in [branch.name for branch in project.branches.list(get_all=True)]


def test_a_developer_cannot_merge_into_a_protected_branch(stand_in):
    project = stand_in.project("dan")
    branch_with(project, "hasty", "hasty.txt", "1")
    item = project.mergerequests.create({"source_branch": "hasty", "target_branch": "main", "title": "Hasty"})

    with pytest.raises(gitlab.GitlabAuthenticationError) as refused:
        item.merge()

    assert refused.value.response_code == 401
    assert project.mergerequests.get(item.iid).state == "opened"


def test_a_conflict_is_told_and_not_merged(stand_in):
    project = stand_in.project("mara")
    for name in ("left", "right"):
        branch_with(project, name, "same.txt", name)
        project.mergerequests.create({"source_branch": name, "target_branch": "main", "title": name})
    left, right = project.mergerequests.list(
        search="t", state="opened", source_branch="left", get_all=True
    ) + project.mergerequests.list(source_branch="right", get_all=True)
    left.merge()

    with pytest.raises(gitlab.GitlabMRClosedError) as refused:
        right.merge()

    seen = project.mergerequests.get(right.iid)
    assert refused.value.response_code == 422
    assert (seen.state, seen.has_conflicts, seen.detailed_merge_status) == ("opened", True, "conflict")


def test_an_approval_of_another_head_is_refused(stand_in):
    item = stand_in.project("mara").mergerequests.get(1)

    with pytest.raises(gitlab.GitlabMRApprovalError) as refused:
        item.approve(sha="0" * 40)
    nobody = item.approvals.get().approved_by
    item.approve(sha=item.sha)

    assert (refused.value.response_code, nobody) == (409, [])
    assert [entry["user"]["username"] for entry in item.approvals.get().approved_by] == ["mara"]


def test_a_draft_is_closed_and_reopened(stand_in):
    project = stand_in.project("dan")
    branch_with(project, "draft", "draft.txt", "1")
    item = project.mergerequests.create({"source_branch": "draft", "target_branch": "main", "title": "Draft: later"})

    item.state_event = "close"
    item.save()
    closed = project.mergerequests.get(item.iid).state
    item.state_event = "reopen"
    item.save()

    assert item.draft is True
    assert (closed, project.mergerequests.get(item.iid).state) == ("closed", "opened")
