"""The port `Repository`, served by git.

The law of this module: the order of things around a push. Each call works in a scratch repository of its own, gone afterwards, so
that calls never meet; it holds one commit's folders and no file contents but the new ones.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from duo_flows.domain.changes import Change
from duo_flows.domain.errors import NotFound, Refused, TryAgain
from duo_flows.domain.people import Project
from duo_flows.domain.ports import PushResult, Repository

from .command import REMOTE, Git, environment_for
from .commit import Account, commit_change
from .faults import PushAnswer, push_answer, refusal, translated

_COMMIT_ID = re.compile(r"[0-9a-f]{40}")


class GitRepository(Repository):
    """Git, as the service account may use it.

    Args:
        token: the service account's token, or what gives the present one.
        account: its name and e-mail address, which become author and committer.
        cache_dir: where scratch repositories are made.
        timeout: seconds that one git command may take.
    """

    def __init__(
        self, token: Callable[[], str] | str, *, account: tuple[str, str], cache_dir: Path, timeout: float = 120.0
    ) -> None:
        self._token = token
        self._account = Account(*account)
        self._cache_dir = cache_dir
        self._timeout = timeout

    async def push_change(self, project: Project, change: Change, *, message: str, makes_branch: bool = False) -> PushResult:
        """Push the change as one deterministic commit on its base, never forced.

        Raises:
            Refused: the change is not the one that was sealed, a path is no plain file's, or GitLab does not let the account push.
            NotFound: the branch is not there; only with `makes_branch` it is made.
        """
        _check_whole(project, change)
        async with self._scratch(project) as git:
            await _check_branch_name(git, change.branch)
            head = await _head(git, project, change.branch, may_be_missing=makes_branch)
            try:
                await _fetch_commit(git, project, change.base_sha)
            except NotFound:
                if not head:
                    raise
                # The branch was rewritten and its old commits are gone: it has moved, and our commit is not on it.
                return PushResult(head_sha=head)
            sha = await commit_change(git, change, message=message, account=self._account)
            if head and head != change.base_sha:
                return await _standing(git, project, change.branch, head=head, sha=sha)
            return await _push(git, project, change, sha=sha)

    async def expected_sha(self, project: Project, change: Change, *, message: str) -> str:
        """Return the id that the commit would have, without pushing."""
        _check_whole(project, change)
        async with self._scratch(project) as git:
            await _fetch_commit(git, project, change.base_sha)
            return await commit_change(git, change, message=message, account=self._account)

    @asynccontextmanager
    async def _scratch(self, project: Project) -> AsyncIterator[Git]:
        token = self._token if isinstance(self._token, str) else self._token()
        directory = await asyncio.to_thread(self._new_directory)
        try:
            environment = environment_for(directory, clone_url=project.clone_url, token=token)
            git = Git(directory, environment, self._timeout)
            await git.local("init", "--quiet", "--bare", "--template=")
            yield git
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True))

    def _new_directory(self) -> Path:
        self._cache_dir.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="push-", dir=self._cache_dir))


def _check_whole(project: Project, change: Change) -> None:
    if not change.is_intact() or change.project_id != project.id or not _COMMIT_ID.fullmatch(change.base_sha):
        raise Refused(
            "This is not the change that was approved: its content does not match its digest, or it belongs to another project. "
            "Nothing was pushed; ask for a new proposal.",
            code="not_what_was_approved",
        )


async def _check_branch_name(git: Git, branch: str) -> None:
    if not (await git.run("check-ref-format", f"refs/heads/{branch}")).is_good:
        raise Refused(f"{branch!r} is not a name that a branch can have.", code="bad_branch")


async def _head(git: Git, project: Project, branch: str, *, may_be_missing: bool = False) -> str:
    """Return where the branch stands at the remote; empty where it is missing and may be."""
    ref = f"refs/heads/{branch}"
    outcome = await git.run("ls-remote", "--quiet", REMOTE, ref)
    if not outcome.is_good:
        raise translated(outcome.err, what=f"project {project.path}")
    # ls-remote also gives names that merely end like the one asked for.
    found = [sha for sha, _, name in (line.partition("\t") for line in outcome.text.splitlines()) if name == ref]
    if not found and may_be_missing:
        return ""
    if not found:
        raise NotFound(f"Branch {branch!r} is no longer there in {project.path}; nothing was pushed.")
    return found[0]


async def _fetch_commit(git: Git, project: Project, sha: str) -> None:
    """Bring one commit and its folders here, without its history and its files' contents."""
    outcome = await git.run("fetch", "--quiet", "--no-tags", "--depth=1", "--filter=blob:none", REMOTE, sha)
    if outcome.is_good:
        return
    if "not our ref" in outcome.err or "couldn't find remote ref" in outcome.err:
        raise NotFound(f"Commit {sha[:12]} is no longer there in {project.path}.")
    raise translated(outcome.err, what=f"project {project.path}")


async def _push(git: Git, project: Project, change: Change, *, sha: str) -> PushResult:
    # --no-thin: a thin pack would first fetch the old contents of the files, to be smaller.
    outcome = await git.run("push", "--porcelain", "--no-thin", REMOTE, f"{sha}:refs/heads/{change.branch}")
    answer = push_answer(outcome.out.decode("utf-8", "replace"))
    if answer is PushAnswer.TAKEN and outcome.is_good:
        return PushResult(sha=sha)
    if answer is PushAnswer.REFUSED:
        raise refusal(outcome.err, branch=change.branch)
    if answer is PushAnswer.MOVED:
        head = await _head(git, project, change.branch)
        if head == change.base_sha:
            raise TryAgain(f"Branch {change.branch!r} was locked by another push that came to nothing.")
        return await _standing(git, project, change.branch, head=head, sha=sha)
    raise translated(outcome.err, what=f"branch {change.branch!r} of project {project.path}", is_push=True)


async def _standing(git: Git, project: Project, branch: str, *, head: str, sha: str) -> PushResult:
    """Return how our commit stands to a branch whose head is not its base."""
    if head == sha:
        return PushResult(sha=sha)
    # Commits alone, back to our base: enough to tell whether ours is among them.
    outcome = await git.run("fetch", "--quiet", "--no-tags", "--filter=tree:0", REMOTE, f"refs/heads/{branch}")
    if not outcome.is_good:
        raise translated(outcome.err, what=f"branch {branch!r} of project {project.path}")
    fetched = (await git.local("rev-parse", "--verify", "FETCH_HEAD")).text
    if (await git.run("merge-base", "--is-ancestor", sha, fetched)).is_good:
        return PushResult(sha=sha)
    return PushResult(head_sha=fetched)
