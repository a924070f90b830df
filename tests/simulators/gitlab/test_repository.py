"""Contents by REST: trees, files, commits, branches, comparison and search."""

import gitlab
import httpx2
import pytest

pytestmark = pytest.mark.server


def commit(project, branch, *actions, **more):
    return project.commits.create({"branch": branch, "commit_message": f"On {branch}", "actions": list(actions), **more})


def test_a_tree_is_listed_folders_first_and_by_key(stand_in):
    project = stand_in.project("dan")

    whole = project.repository_tree(recursive=True, get_all=True)
    keyed = project.repository_tree(recursive=True, pagination="keyset", per_page=2, get_all=True)

    assert [entry["path"] for entry in whole[:2]] == ["src", "src/deep"]
    assert keyed == whole


def test_a_file_is_read_with_its_last_commit(stand_in):
    project = stand_in.project("dan")

    file = project.files.get("src/deep/two.py", ref="main")

    assert file.decode() == b"TWO = 2\n"
    assert file.last_commit_id == project.branches.get("main").commit["id"]
    assert project.files.raw("README.md", ref="feature") == b"# App\n"


def test_a_missing_file_is_404(stand_in):
    with pytest.raises(gitlab.GitlabGetError) as missing:
        stand_in.project("dan").files.get("nowhere.py", ref="main")

    assert (missing.value.response_code, missing.value.error_message) == (404, "404 File Not Found")


def test_one_commit_takes_every_kind_of_action(stand_in):
    project = stand_in.project("dan")

    made = commit(
        project,
        "all/actions",
        {"action": "create", "file_path": "bin/run", "content": "aGk=", "encoding": "base64"},
        {"action": "update", "file_path": "README.md", "content": "# New\n"},
        {"action": "delete", "file_path": "check.sh"},
        {"action": "move", "file_path": "src/moved.py", "previous_path": "src/one.py"},
        {"action": "chmod", "file_path": "src/deep/two.py", "execute_filemode": True},
        start_branch="main",
    )

    kinds = {
        entry["new_path"]: (entry["new_file"], entry["deleted_file"], entry["renamed_file"]) for entry in made.diff(get_all=True)
    }
    assert kinds["bin/run"] == (True, False, False)
    assert kinds["check.sh"] == (False, True, False)
    assert kinds["src/moved.py"] == (False, False, True)
    assert project.files.get("src/deep/two.py", ref="all/actions").execute_filemode is True
    assert project.files.get("bin/run", ref="all/actions").decode() == b"hi"
    assert made.stats["total"] == made.stats["additions"] + made.stats["deletions"]


def test_a_stale_last_commit_id_is_refused_and_nothing_is_written(stand_in):
    project = stand_in.project("dan")
    first = commit(project, "stale", {"action": "update", "file_path": "README.md", "content": "1"}, start_branch="main")
    old = project.branches.get("main").commit["id"]
    action = {"action": "update", "file_path": "README.md", "content": "2", "last_commit_id": old}

    with pytest.raises(gitlab.GitlabCreateError) as refused:
        commit(project, "stale", action)

    assert "has changed since you started editing it" in refused.value.error_message
    assert project.branches.get("stale").commit["id"] == first.id


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ({"action": "create", "file_path": "README.md", "content": ""}, "A file with this name already exists"),
        ({"action": "update", "file_path": "none", "content": ""}, "A file with this name doesn't exist"),
        ({"action": "create", "file_path": "../up", "content": ""}, "invalid path: ../up"),
        ({"action": "create", "file_path": ".git/config", "content": ""}, "invalid path: .git/config"),
    ],
)
def test_an_action_that_does_not_fit_is_refused(stand_in, action, reason):
    project = stand_in.project("dan")

    with pytest.raises(gitlab.GitlabCreateError) as refused:
        commit(project, "misfit", action, start_branch="main")

    assert refused.value.error_message == reason
    assert "misfit" not in [branch.name for branch in project.branches.list(get_all=True)]


def test_files_are_created_changed_and_removed_by_themselves(stand_in):
    project = stand_in.project("dan")
    project.branches.create({"branch": "files", "ref": "main"})

    file = project.files.create({"file_path": "a b/ü.txt", "branch": "files", "content": "1", "commit_message": "add"})
    file.content = "2"
    file.save(branch="files", commit_message="change")
    changed = project.files.get("a b/ü.txt", ref="files").decode()
    file.delete(branch="files", commit_message="remove")

    assert changed == b"2"
    assert "a b" not in [entry["name"] for entry in project.repository_tree(ref="files", get_all=True)]


def test_branches_are_made_found_and_removed(stand_in):
    project = stand_in.project("dan")
    project.branches.create({"branch": "some/branch", "ref": "main"})

    found = project.branches.list(search="^some", get_all=True)
    found[0].delete()

    assert [branch.name for branch in found] == ["some/branch"]
    with pytest.raises(gitlab.GitlabGetError):
        project.branches.get("some/branch")


def test_the_default_branch_stays(stand_in):
    project = stand_in.project("mara")

    with pytest.raises(gitlab.GitlabDeleteError):
        project.branches.delete("main")

    assert project.branches.get("main").default is True


def test_a_comparison_is_from_the_common_base(stand_in):
    compared = stand_in.project("dan").repository_compare("main", "feature")

    assert [entry["new_path"] for entry in compared["diffs"]] == ["check.sh"]
    assert compared["diffs"][0]["diff"].startswith("@@ -1 +1 @@\n-echo fine\n+exit 3\n")
    assert [entry["title"] for entry in compared["commits"]] == ["Break it"]


def test_code_is_searched(stand_in):
    found = stand_in.project("dan").search("blobs", "two = 2", get_all=True)

    assert [(item["path"], item["startline"], item["data"]) for item in found] == [("src/deep/two.py", 1, "TWO = 2\n")]


def test_protection_lets_developers_push_where_it_says_so(stand_in):
    project = stand_in.project("mara")
    rule = project.protectedbranches.create({"name": "release/*", "push_access_level": 30})

    made = commit(stand_in.project("dan"), "release/1", {"action": "create", "file_path": "r", "content": ""}, start_branch="main")
    branch = project.branches.get("release/1")
    rule.delete()

    assert (branch.commit["id"], branch.protected, branch.developers_can_push) == (made.id, True, True)


def test_statuses_are_reported_for_commits(stand_in):
    project = stand_in.project("dan")
    head = project.commits.get("main")

    head.statuses.create({"state": "success", "name": "outside"})

    assert [(status.name, status.status) for status in head.statuses.list(get_all=True)] == [("outside", "success")]


def test_pages_carry_gitlabs_headers(stand_in):
    answer = httpx2.get(f"{stand_in.url}/api/v4/users?per_page=2&page=2", headers={"PRIVATE-TOKEN": "dan-token"})

    names = ("X-Total", "X-Total-Pages", "X-Page", "X-Next-Page", "X-Prev-Page", "X-Per-Page")
    assert [answer.headers[name] for name in names] == ["7", "4", "2", "3", "1", "2"]
    assert f'<{stand_in.url}/api/v4/users?page=3&per_page=2>; rel="next"' in answer.headers["Link"]
    assert "RateLimit-Remaining" in answer.headers


def test_an_unknown_endpoint_answers_in_json(stand_in):
    answer = httpx2.get(f"{stand_in.url}/api/v4/nothing")

    assert (answer.status_code, answer.json()) == (404, {"error": "404 Not Found"})
