"""A change becomes one commit on its branch, or nothing happens."""

import asyncio
import base64
import os
import shutil
import signal

import pytest

from duo_flows.adapters.git import GitRepository
from duo_flows.domain.changes import ChangedFile
from duo_flows.domain.errors import NeverAgain, NotFound, Refused, TryAgain

pytestmark = pytest.mark.server

TOKEN = "glpat-" + "service0account0token"


async def test_a_change_becomes_the_head_of_its_branch(push, remote, change_of):
    result = await push(change_of())

    assert result.is_pushed
    assert result.sha == remote.head()
    assert remote.show("src/app.py") == "print(2)"
    assert remote.git("log", "-1", "--format=%P|%an|%ae|%cn|%ce|%at|%ct|%B", "main") == (
        f"{remote.base}|Duo Flows|duo@example.com|Duo Flows|duo@example.com|1700000001|1700000001|Fix the clock\n\nDuo-Session: s-1"
    )


async def test_the_commit_id_is_known_before_and_the_same_at_every_try(push, repository, project, change_of, remote):
    change = change_of()
    expected = [await repository.expected_sha(project, change, message="Fix the clock\n\nDuo-Session: s-1\n") for _ in range(2)]
    assert remote.head() == remote.base

    first = await push(change)
    second = await push(change)

    assert [first.sha, second.sha] == expected
    assert remote.head() == first.sha


async def test_a_commit_that_others_have_built_upon_is_pushed_already(push, change_of, remote):
    change = change_of()
    pushed = await push(change)
    later = remote.commit("main", {"other": ("100644", "x")}, parent=pushed.sha)

    again = await push(change)

    assert again.sha == pushed.sha
    assert remote.head() == later


async def test_a_moved_branch_is_told_and_left_alone(push, change_of, remote):
    moved = remote.commit("main", {"other": ("100644", "x")}, parent=remote.base)

    result = await push(change_of())

    assert not result.is_pushed
    assert result.head_sha == moved == remote.head()


async def test_a_branch_that_was_taken_back_behind_the_base_is_left_there(push, change_of, remote):
    later = remote.commit("main", {"other": ("100644", "x")}, parent=remote.base)
    remote.git("update-ref", "refs/heads/main", remote.base)

    result = await push(change_of(base_sha=later))

    assert result.head_sha == remote.base == remote.head()


async def test_a_branch_that_is_gone_is_not_made_again(push, change_of, remote):
    remote.git("update-ref", "refs/heads/fix", remote.base)
    change = change_of(branch="fix")
    remote.git("update-ref", "-d", "refs/heads/fix")

    with pytest.raises(NotFound, match="'fix' is no longer there"):
        await push(change)
    assert remote.git("branch", "--list") == "* main"


async def test_files_are_added_deleted_and_keep_their_modes(push, change_of, remote):
    change = change_of(
        ChangedFile(path="README.md", content=None),
        ChangedFile(path="bin/run", content="#!/bin/sh\nexit 0\n"),
        ChangedFile(path='docs/ü ber "zitat".md', content="größer\r\nno end", is_new=True),
        ChangedFile(path="new/tool", content="#!/bin/sh\n", is_new=True, is_executable=True),
        ChangedFile(path="src/app.py", content="print(2)\n", is_executable=True),
    )

    await push(change)

    listing = remote.git("-c", "core.quotePath=false", "ls-tree", "-r", "-z", "main").split("\0")
    assert [(line[:6], line.split("\t")[1]) for line in listing if line] == [
        ("100755", "bin/run"),
        ("100644", 'docs/ü ber "zitat".md'),
        ("120000", "link"),
        ("160000", "module"),
        ("100755", "new/tool"),
        ("100644", "src/app.py"),
    ]
    assert remote.show('docs/ü ber "zitat".md') == "größer\r\nno end"


async def test_text_that_looks_like_commands_stays_text(push, change_of, remote):
    content = "done\nD src/app.py\ndata 0\ncommit refs/heads/main\n"
    await push(change_of(ChangedFile(path="README.md", content=content)), message="data 3\ndone")
    assert remote.show("README.md") + "\n" == content
    assert remote.show("src/app.py") == "print(1)"


async def test_pushes_of_one_project_at_the_same_time_do_not_disturb_each_other(push, change_of, remote):
    other = ChangedFile(path="README.md", content="bye\n")
    results = await asyncio.gather(
        push(change_of()),
        push(change_of(other)),
        push(change_of()),
        return_exceptions=True,
    )

    winners = {result.sha for result in results if not isinstance(result, TryAgain) and result.is_pushed}
    assert winners == {remote.head()}
    assert remote.git("rev-list", "--count", "main") == "2"


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (ChangedFile(path="link/evil", content="x", is_new=True), "symbolic link"),
        (ChangedFile(path="link", content="x"), "symbolic link"),
        (ChangedFile(path="link", content=None), "symbolic link"),
        (ChangedFile(path="module/evil", content="x", is_new=True), "submodule"),
        (ChangedFile(path="module", content="x"), "submodule"),
        (ChangedFile(path="src", content="x", is_new=True), "folder"),
        (ChangedFile(path="README.md/x", content="x", is_new=True), "a file"),
        (ChangedFile(path="../x", content="x", is_new=True), "plain path"),
        (ChangedFile(path=".git/config", content="x", is_new=True), "plain path"),
        (ChangedFile(path="a\nD src", content="x", is_new=True), "plain path"),
    ],
)
async def test_only_plain_files_are_written(push, change_of, remote, file, reason):
    with pytest.raises(Refused, match=reason) as refused:
        await push(change_of(file))
    assert refused.value.code == "bad_path"
    assert remote.head() == remote.base


async def test_a_file_cannot_lie_below_another_of_the_same_change(push, change_of, remote):
    change = change_of(ChangedFile(path="a", content="x", is_new=True), ChangedFile(path="a/b", content="y", is_new=True))
    with pytest.raises(Refused, match="below 'a'"):
        await push(change)
    assert remote.head() == remote.base


@pytest.mark.parametrize(
    "spoiled",
    [
        {"title": "Another"},
        {"files": (ChangedFile(path="src/app.py", content="print(666)\n"),)},
        {"branch": "other"},
        {"digest": ""},
    ],
)
async def test_what_was_not_sealed_is_not_pushed(push, change_of, remote, host, spoiled):
    change = change_of().model_copy(update=spoiled)
    with pytest.raises(Refused) as refused:
        await push(change)
    assert refused.value.code == "not_what_was_approved"
    assert remote.head() == remote.base
    assert host.seen == []


async def test_a_change_goes_to_its_own_project_only(push, project, change_of, remote):
    with pytest.raises(Refused):
        await push(change_of(), to=project.model_copy(update={"id": 8}))
    assert remote.head() == remote.base


@pytest.mark.parametrize("file", [ChangedFile(path="src/app.py", content="x", is_new=True), ChangedFile(path="none", content=None)])
async def test_files_that_are_not_as_the_change_says_are_refused(push, change_of, remote, file):
    with pytest.raises(Refused) as refused:
        await push(change_of(file))
    assert refused.value.code == "not_what_was_approved"
    assert remote.head() == remote.base


@pytest.mark.parametrize("branch", ["a:refs/heads/main", "*", "-x y", "", "a..b"])
async def test_a_branch_has_the_name_of_a_branch(push, change_of, remote, branch):
    with pytest.raises(Refused) as refused:
        await push(change_of(branch=branch))
    assert refused.value.code == "bad_branch"
    assert remote.head() == remote.base


async def test_a_refusal_of_the_server_gives_its_reason(push, change_of, remote):
    remote.hook("echo 'GitLab: You are not allowed to push code to protected branches on this project.'; echo ======; exit 1")
    with pytest.raises(
        Refused, match=r"GitLab: You are not allowed to push code to protected branches on this project\.$"
    ) as refused:
        await push(change_of())
    assert refused.value.code == "push_refused"
    assert remote.head() == remote.base


async def test_a_server_that_could_not_judge_is_asked_again(push, change_of, remote):
    remote.hook("echo 'GitLab: Internal API error (502)'; exit 1")
    with pytest.raises(TryAgain):
        await push(change_of())


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, (NeverAgain, "set GITLAB_TOKEN")),
        (403, (NeverAgain, "check its role")),
        (404, (NotFound, "GitLab has no project shop/api")),
        (429, (TryAgain, "could not be reached")),
        (500, (TryAgain, "could not be reached")),
        (503, (TryAgain, "could not be reached")),
    ],
)
async def test_answers_of_the_server_say_what_to_do(push, change_of, host, status, expected):
    host.status = status
    with pytest.raises(expected[0], match=expected[1]) as raised:
        await push(change_of())
    assert "glpat-" not in str(raised.value)
    assert host.url not in str(raised.value)


async def test_a_server_that_is_not_there_is_tried_again(push, project, change_of):
    # Port 9 (discard) has no listener on loopback.
    gone = project.model_copy(update={"clone_url": "http://127.0.0.1:9/shop/api.git"})
    with pytest.raises(TryAgain):
        await push(change_of(), to=gone)


async def test_a_redirect_is_not_followed(push, change_of, host):
    host.status, host.location = 302, f"{host.url}/elsewhere.git/info/refs?service=git-upload-pack"
    with pytest.raises(NeverAgain):
        await push(change_of())
    assert len(host.seen) == 1


async def test_a_token_that_is_not_accepted_is_never_tried_again(tmp_path, push, change_of):
    stale = GitRepository(lambda: "glpat-wrong", account=("D", "d@x"), cache_dir=tmp_path / "cache")
    with pytest.raises(NeverAgain, match="does not accept the service account's token"):
        await push(change_of(), by=stale)


async def test_a_branch_that_moves_during_the_push_is_told(push, change_of, remote):
    moved = remote.commit("aside", {"other": ("100644", "x")}, parent=remote.base)
    remote.hook(f"unset GIT_QUARANTINE_PATH; git update-ref refs/heads/main {moved}")

    result = await push(change_of())

    assert result.head_sha == moved == remote.head()


async def test_the_token_is_only_in_a_header(push, change_of, host, tmp_path, monkeypatch):
    seen = tmp_path / "seen"
    spy = tmp_path / "bin" / "git"
    spy.parent.mkdir()
    # Everything of every git command but its environment, and its repository's files at its end.
    spy.write_text(f'#!/bin/sh\necho "$@" >>{seen}\n{shutil.which("git")} "$@"; code=$?\ncat config >>{seen} 2>&1\nexit $code\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")

    result = await push(change_of())

    assert result.is_pushed
    assert set(host.seen) == {"Basic " + base64.b64encode(b"oauth2:" + TOKEN.encode()).decode()}
    assert "push --porcelain" in seen.read_text()
    assert "[core]" in seen.read_text()
    assert TOKEN not in seen.read_text()
    assert "Basic" not in seen.read_text()


async def test_settings_of_the_machine_take_no_part(push, change_of, tmp_path, monkeypatch):
    (tmp_path / ".gitconfig").write_text(
        '[user]\nname = Somebody\n[core]\nautocrlf = true\n[url "http://127.0.0.1:9/"]\ninsteadOf = http://\n'
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / ".gitconfig"))
    monkeypatch.setenv("GIT_DIR", "/nowhere")

    assert (await push(change_of())).is_pushed


async def test_a_push_that_is_cancelled_leaves_nothing_behind(push, change_of, remote, tmp_path):
    started = tmp_path / "started"
    os.mkfifo(started)
    remote.hook(f"echo $$ >{started}; exec sleep 60")
    pushing = asyncio.create_task(push(change_of()))
    process_id = int(await asyncio.to_thread(started.read_text))

    pushing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pushing

    os.kill(process_id, signal.SIGKILL)
    assert list((tmp_path / "cache").iterdir()) == []
    assert remote.head() == remote.base


async def test_a_push_that_hangs_is_ended_and_tried_again(push, change_of, remote, tmp_path):
    impatient = GitRepository(TOKEN, account=("D", "d@x"), cache_dir=tmp_path / "cache", timeout=2)
    started = tmp_path / "started"
    remote.hook(f"echo $$ >{started}; exec sleep 60")

    with pytest.raises(TryAgain, match="git push took longer than 2 seconds"):
        await push(change_of(), by=impatient)

    os.kill(int(started.read_text()), signal.SIGKILL)
    assert remote.head() == remote.base


@pytest.mark.parametrize("url", ["file:///etc", "ssh://git@host/x.git", "https://user:pw@host/x.git", "ext::sh -c id"])
async def test_other_ways_than_http_are_not_taken(push, project, change_of, url):
    with pytest.raises(NeverAgain) as raised:
        await push(change_of(), to=project.model_copy(update={"clone_url": url}))
    assert raised.value.code == "bad_clone_url"


async def test_nothing_is_left_in_the_cache(push, change_of, tmp_path):
    await push(change_of())
    assert list((tmp_path / "cache").iterdir()) == []
