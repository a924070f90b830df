"""git itself against the stand-in."""

import pytest

pytestmark = pytest.mark.server


@pytest.fixture
def clone(stand_in, git, tmp_path):
    git("clone", "--quiet", stand_in.clone_url("dan"), "work")
    return tmp_path / "work"


def test_a_push_is_seen_by_rest_and_makes_a_pipeline(stand_in, git, clone):
    (clone / "new.txt").write_text("new\n")
    git("checkout", "-qb", "pushed", folder=clone)
    git("add", ".", folder=clone)
    git("commit", "-qm", "Pushed by git", folder=clone)

    git("push", "--quiet", "origin", "pushed", folder=clone)

    sha = git("rev-parse", "HEAD", folder=clone).stdout.strip()
    project = stand_in.project("dan")
    assert project.branches.get("pushed").commit["id"] == sha
    assert [(pipeline.sha, pipeline.source) for pipeline in project.pipelines.list(ref="pushed", get_all=True)] == [(sha, "push")]


def test_a_developers_push_to_a_protected_branch_is_refused(stand_in, git, clone):
    before = stand_in.project("dan").branches.get("main").commit["id"]
    git("commit", "-q", "--allow-empty", "-m", "Nothing", folder=clone)

    refused = git("push", "origin", "main", folder=clone, check=False)

    assert "GitLab: You are not allowed to push code to protected branches on this project." in refused.stderr
    assert "pre-receive hook declined" in refused.stderr
    assert stand_in.project("dan").branches.get("main").commit["id"] == before


def test_nobody_forces_a_push_to_a_protected_branch(stand_in, git, clone):
    before = stand_in.project("mara").branches.get("main").commit["id"]
    git("commit", "-q", "--amend", "-m", "Another past", folder=clone)

    refused = git("push", "--force", stand_in.clone_url("mara"), "main", folder=clone, check=False)

    assert "not allowed to force push code to a protected branch" in refused.stderr
    assert stand_in.project("mara").branches.get("main").commit["id"] == before


def test_a_branch_that_moved_is_not_overwritten(stand_in, git, clone):
    project = stand_in.project("dan")
    git("checkout", "-qb", "raced", folder=clone)
    git("push", "--quiet", "origin", "raced", folder=clone)
    action = {"action": "create", "file_path": "theirs", "content": ""}
    theirs = project.commits.create({"branch": "raced", "commit_message": "Theirs", "actions": [action]})
    git("commit", "-q", "--allow-empty", "-m", "Mine", folder=clone)

    refused = git("push", "origin", "raced", folder=clone, check=False)

    assert "rejected" in refused.stderr
    assert project.branches.get("raced").commit["id"] == theirs.id


@pytest.mark.parametrize(("username", "said"), [("sam", "not found"), ("gus", "403"), ("nobody", "Authentication failed")])
def test_who_may_not_read_cannot_clone(stand_in, git, tmp_path, username, said):
    refused = git("clone", stand_in.clone_url(username), "none", check=False)

    assert said in refused.stderr
    assert not (tmp_path / "none").exists()


def test_a_reporter_clones_and_cannot_push(stand_in, git, tmp_path):
    git("clone", "--quiet", stand_in.clone_url("rita"), "read")

    refused = git("push", "origin", "HEAD:refs/heads/from-rita", folder=tmp_path / "read", check=False)

    assert "403" in refused.stderr
    assert "from-rita" not in [branch.name for branch in stand_in.project("dan").branches.list(get_all=True)]


def test_a_push_renews_the_merge_request(stand_in, git, clone):
    git("checkout", "-q", "feature", folder=clone)
    git("commit", "-q", "--allow-empty", "-m", "Once more", folder=clone)

    git("push", "--quiet", "origin", "feature", folder=clone)

    item = stand_in.project("dan").mergerequests.get(1)
    assert item.sha == git("rev-parse", "HEAD", folder=clone).stdout.strip()
    assert item.diff_refs["head_sha"] == item.sha
    assert item.notes.list(get_all=True)[0].body.startswith("added 1 commit")
