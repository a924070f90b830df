"""What the forge reads is what GitLab holds, in our words."""

import pytest

from duo_flows.domain.errors import NeverAgain, NotFound, Refused
from duo_flows.domain.people import AccessLevel

pytestmark = pytest.mark.server


async def test_the_service_account_knows_itself(forge):
    account = await forge.account()
    assert (account.username, account.is_bot, account.is_active) == ("duo", True, True)


async def test_gitlab_tells_its_version(forge):
    assert (await forge.version())[0].isdigit()


async def test_a_token_belongs_to_a_person(forge, gitlab):
    maya = await forge.person_of_token(gitlab.token("maya"))
    assert (maya.username, maya.id, maya.is_bot) == ("maya", gitlab.user_id("maya"), False)


@pytest.mark.parametrize("token", ["", "nobody", "bea-token", "maya token", "maya-token\r\nX: y", "tökén", "x" * 5000])
async def test_a_token_that_gitlab_does_not_accept_is_refused(forge, token):
    with pytest.raises(Refused) as refused:
        await forge.person_of_token(token)
    assert refused.value.code == "bad_token"


async def test_somebody_elses_token_is_not_kept(forge, gitlab):
    await forge.person_of_token(gitlab.token("maya"))
    assert (await forge.project("shop/tools/api")).id == gitlab.project_id("shop/tools/api")
    with pytest.raises(NotFound):
        await forge.project("shop/hidden")


@pytest.mark.parametrize("name", ["maya", "@maya", "MAYA"])
async def test_a_person_is_found_by_name(forge, gitlab, name):
    assert (await forge.person(name)).id == gitlab.user_id("maya")


async def test_a_person_is_found_by_number(forge, gitlab):
    assert (await forge.person(gitlab.user_id("dan"))).username == "dan"
    assert (await forge.person(gitlab.user_id("duo"))).is_bot


@pytest.mark.parametrize("name", ["may", "nobody", 4711])
async def test_nobody_is_not_found(forge, name):
    with pytest.raises(NotFound, match=str(name)):
        await forge.person(name)


async def test_a_project_is_found_by_number_and_by_path(forge, project_id, gitlab):
    by_path = await forge.project("shop/tools/api")
    assert by_path == await forge.project(project_id)
    assert by_path.clone_url == f"{gitlab.url}/shop/tools/api.git"
    assert (by_path.default_branch, by_path.visibility) == ("main", "private")


@pytest.mark.parametrize("path", ["shop/hidden", "shop/none", "../users", "shop/tools/api?x=1"])
async def test_a_project_that_the_account_cannot_see_is_not_found(forge, path):
    with pytest.raises(NotFound, match="or the service account cannot see it"):
        await forge.project(path)


@pytest.mark.parametrize(
    ("who", "level"),
    [
        ("maya", AccessLevel.DEVELOPER),
        ("dan", AccessLevel.MAINTAINER),
        ("gus", AccessLevel.GUEST),
        ("mallory", AccessLevel.NONE),
        ("bea", AccessLevel.NONE),
    ],
)
async def test_access_is_the_persons_own(forge, gitlab, project_id, who, level):
    assert await forge.access_level(project_id, gitlab.user_id(who)) is level


async def test_a_public_project_gives_a_stranger_nothing(forge, gitlab):
    assert await forge.access_level(gitlab.project_id("shop/open"), gitlab.user_id("mallory")) is AccessLevel.NONE


async def test_a_project_that_cannot_be_seen_gives_nobody_anything(forge, gitlab):
    assert await forge.access_level(gitlab.project_id("shop/hidden"), gitlab.user_id("maya")) is AccessLevel.NONE


async def test_a_branch_has_a_head_and_a_protection(forge, project_id):
    main = await forge.branch(project_id, "main")
    fix = await forge.branch(project_id, "fix/clock")
    assert (main.is_protected, main.developers_can_push) == (True, False)
    assert (fix.name, fix.is_protected, fix.developers_can_push) == ("fix/clock", False, True)
    assert main.sha != fix.sha


async def test_a_commit_has_its_whole_message(forge, project_id):
    head = (await forge.branch(project_id, "fix/clock")).sha
    commit = await forge.commit(project_id, head)
    assert commit.sha == head
    assert commit.message.strip() == "Work\n\nDuo-Session: s-1"
    assert commit.is_ours


async def test_a_file_is_text_at_a_ref(forge, project_id):
    readme = await forge.file(project_id, "README.md", ref="main")
    assert (readme.text, readme.ref, readme.is_executable) == ("grüße\n", "main", False)
    assert (await forge.file(project_id, "src/run", ref="fix/clock")).is_executable
    assert len((await forge.file(project_id, "just.txt", ref="main")).text) == 1024 * 1024


@pytest.mark.parametrize(("path", "ref"), [("none", "main"), ("src", "main"), ("README.md", "none"), ("src/new.py", "main")])
async def test_a_file_that_is_not_there_is_not_found(forge, project_id, path, ref):
    with pytest.raises(NotFound):
        await forge.file(project_id, path, ref=ref)


@pytest.mark.parametrize("path", ["../../x", "/etc/passwd", "src/../README.md", ".git/config", "a\0b"])
async def test_a_path_that_is_not_plain_is_refused(forge, project_id, path):
    with pytest.raises(Refused, match="not a plain path"):
        await forge.file(project_id, path, ref="main")
    with pytest.raises(Refused, match="not a plain path"):
        await forge.tree(project_id, path, ref="main")


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("logo.png", "binary_file", "'logo.png' is a PNG image of 6 bytes, which can be neither shown nor edited"),
        ("zeros.txt", "binary_file", "'zeros.txt' is a binary file of 9 bytes"),
        ("large.txt", "too_large", "'large.txt' has 1,048,577 bytes; above 1 MiB"),
        ("huge.txt", "too_large", "'huge.txt' has 3,145,728 bytes; above 1 MiB"),
    ],
)
async def test_only_text_of_one_mebibyte_is_read_and_of_others_kind_and_size_are_told(forge, project_id, path, code, words):
    with pytest.raises(NeverAgain, match=words) as raised:
        await forge.file(project_id, path, ref="main")
    assert raised.value.code == code


async def test_a_folder_lists_what_is_in_it(forge, project_id):
    entries = await forge.tree(project_id, "", ref="main")
    assert [(entry.path, entry.type) for entry in entries] == [
        (".gitlab-ci.yml", "blob"),
        ("README.md", "blob"),
        ("huge.txt", "blob"),
        ("just.txt", "blob"),
        ("large.txt", "blob"),
        ("logo.png", "blob"),
        ("src", "tree"),
        ("zeros.txt", "blob"),
    ]


async def test_a_folder_lists_what_is_below_it(forge, project_id):
    below = await forge.tree(project_id, "src", ref="fix/clock", recursive=True)
    assert [entry.path for entry in below] == ["src/app.py", "src/new.py", "src/run"]
    assert "src/app.py" in [entry.path for entry in await forge.tree(project_id, "", ref="main", recursive=True)]


async def test_a_merge_request_names_its_branches_and_head(forge, project_id, gitlab):
    found = await forge.merge_request(project_id, 1)
    assert (found.title, found.state, found.source_branch, found.target_branch) == ("Fix the clock", "opened", "fix/clock", "main")
    assert found.source_project_id == found.project_id == project_id
    assert found.sha == (await forge.branch(project_id, "fix/clock")).sha
    assert found.author is not None
    assert found.author.id == gitlab.user_id("maya")


async def test_merge_requests_are_found_by_their_branch(forge, project_id):
    assert [found.iid for found in await forge.merge_requests(project_id, source_branch="fix/clock")] == [1]
    assert await forge.merge_requests(project_id, source_branch="main") == ()
    assert await forge.merge_requests(project_id, source_branch="fix/clock", state="merged") == ()


async def test_a_merge_request_has_its_diffs(forge, project_id):
    (diff,) = await forge.merge_request_diffs(project_id, 1)
    assert (diff.new_path, diff.is_new, diff.is_deleted) == ("src/new.py", True, False)
    assert "+x" in diff.diff


async def test_what_is_not_there_is_not_found(forge, project_id):
    with pytest.raises(NotFound, match="merge request !99"):
        await forge.merge_request(project_id, 99)
    with pytest.raises(NotFound, match="pipeline 99999"):
        await forge.pipeline(project_id, 99999)
    with pytest.raises(NotFound, match="job 99999"):
        await forge.job_log(project_id, 99999)
    with pytest.raises(NotFound, match="branch 'none'"):
        await forge.branch(project_id, "none")
