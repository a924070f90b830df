"""Tokens, levels, and what each may not do."""

import gitlab
import httpx2
import pytest

pytestmark = pytest.mark.server


def status_and_text(raised: pytest.ExceptionInfo[gitlab.GitlabError]) -> tuple[int | None, str]:
    return raised.value.response_code, str(raised.value.error_message)


def test_a_token_names_its_user(stand_in):
    client = stand_in.as_user("dan")
    client.auth()

    assert (client.user.username, client.user.id) == ("dan", stand_in.described["users"]["dan"]["id"])
    assert client.personal_access_tokens.get("self").user_id == client.user.id
    assert "token" not in client.personal_access_tokens.get("self").attributes


def test_a_bearer_token_is_as_good(stand_in):
    client = gitlab.Gitlab(stand_in.url, oauth_token="dan-token")
    client.auth()

    assert client.user.username == "dan"


@pytest.mark.parametrize("token", ["nobodys", "bob-token"])
def test_a_wrong_or_blocked_token_is_refused(stand_in, token):
    answer = httpx2.get(f"{stand_in.url}/api/v4/projects", headers={"PRIVATE-TOKEN": token})

    assert (answer.status_code, answer.json()) == (401, {"message": "401 Unauthorized"})


def test_a_private_project_does_not_exist_for_strangers(stand_in):
    with pytest.raises(gitlab.GitlabGetError) as refused:
        stand_in.project("sam")

    assert status_and_text(refused) == (404, "404 Project Not Found")
    assert [project.path_with_namespace for project in stand_in.as_user("sam").projects.list()] == ["team/open"]


def test_a_public_project_is_read_without_a_token(stand_in):
    answer = httpx2.get(f"{stand_in.url}/api/v4/projects/team%2Fopen/repository/files/src%2Fone.py/raw")

    assert (answer.status_code, answer.text) == (200, "ONE = 1\n")


def test_a_guest_cannot_read_code(stand_in):
    with pytest.raises(gitlab.GitlabGetError) as refused:
        stand_in.project("gus").repository_tree()

    assert status_and_text(refused) == (403, "403 Forbidden")


def test_a_reporter_reads_and_cannot_push(stand_in):
    project = stand_in.project("rita")
    before = project.commits.list(get_all=True)

    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.commits.create({"branch": "r", "start_branch": "main", "commit_message": "m", "actions": []})

    assert status_and_text(refused) == (403, "403 Forbidden - You are not allowed to push into this branch")
    assert project.commits.list(get_all=True) == before


def test_a_developer_cannot_push_to_a_protected_branch(stand_in):
    project = stand_in.project("dan")
    head = project.branches.get("main").commit["id"]
    action = {"action": "create", "file_path": "x", "content": "x"}

    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.commits.create({"branch": "main", "commit_message": "m", "actions": [action]})

    assert refused.value.response_code == 403
    assert project.branches.get("main").commit["id"] == head
    assert (project.branches.get("main").can_push, stand_in.project("mara").branches.get("main").can_push) == (False, True)


def test_hooks_members_and_protection_are_for_maintainers(stand_in):
    project = stand_in.project("dan")

    with pytest.raises(gitlab.GitlabListError) as hooks:
        project.hooks.list()
    with pytest.raises(gitlab.GitlabCreateError) as members:
        project.members.create({"user_id": stand_in.described["users"]["sam"]["id"], "access_level": 30})
    with pytest.raises(gitlab.GitlabCreateError) as protection:
        project.protectedbranches.create({"name": "x"})

    assert {error.value.response_code for error in (hooks, members, protection)} == {403}


def test_members_come_change_and_go(stand_in):
    project, number = stand_in.project("mara"), stand_in.described["users"]["sam"]["id"]

    member = project.members.create({"user_id": number, "access_level": 20})
    member.access_level = 30
    member.save()
    seen = project.members_all.get(number)
    member.delete()

    assert (seen.access_level, seen.state, seen.username) == (30, "active", "sam")
    assert number not in [other.id for other in project.members_all.list(get_all=True)]


def test_nobody_gives_more_than_they_have(stand_in):
    project, number = stand_in.project("mara"), stand_in.described["users"]["sam"]["id"]

    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.members.create({"user_id": number, "access_level": 50})

    assert refused.value.response_code == 403
    assert number not in [member.id for member in project.members.list(get_all=True)]


def test_users_are_found_by_name(stand_in):
    found = stand_in.as_user("dan").users.list(username="Mara")

    assert [user.name for user in found] == ["Mara Maintainer"]
