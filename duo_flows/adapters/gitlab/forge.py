"""The port `Forge`, served by GitLab's REST API.

The law of this module: one method per question of the port, each one call in a thread; what answers and errors mean stands in
`shapes` and `faults`. Nothing is remembered between calls except who the service account is.
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice, takewhile
from urllib.parse import quote

import gitlab

from duo_flows.domain.changes import checked_path
from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.people import AccessLevel, Branch, Person, Project
from duo_flows.domain.pipelines import Commit, FileContent, FileDiff, Job, MergeRequest, Note, NoteTarget, Pipeline, TreeEntry
from duo_flows.domain.ports import Forge

from . import comments, contents, shapes
from .asking import Asking
from .client import Client
from .faults import translated
from .hooks import keep_one_hook

# Personal tokens are shorter than 100 characters, OAuth tokens that are JWTs below 4 KiB.
_TOKEN_MAX_LENGTH = 4096


class GitLabForge(Forge):
    """GitLab, as the service account sees it.

    Args:
        url: GitLab's address, such as `https://gitlab.example.com`.
        token: the service account's access token with the scope `api`.
        timeout: seconds to wait for a connection and for each part of an answer.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 30.0) -> None:
        self.asking = Asking(url, token, timeout=timeout)
        self._ask = self.asking.ask
        self._account: Person | None = None

    def close(self) -> None:
        """Take no more calls; those under way end by themselves."""
        self.asking.close()

    async def account(self) -> Person:
        """Return the service account itself; asked for once."""
        if self._account is None:
            self._account = await self._ask("own account", lambda gl: shapes.person(gl.one("/user")))
        return self._account

    async def version(self) -> str:
        """Return GitLab's version; asked for each time, since GitLab may be upgraded while a worker runs."""
        return await self._ask("version of GitLab", lambda gl: shapes.version(gl.one("/metadata")))

    async def person_of_token(self, token: str) -> Person:
        """Return whom a token belongs to, by a client of its own that is gone afterwards.

        Raises:
            Refused: GitLab does not accept the token, or it cannot be one.
        """
        if not (token.isascii() and token.isprintable() and 0 < len(token) <= _TOKEN_MAX_LENGTH) or " " in token:
            raise _bad_token()
        return await self._ask("owner of the token", lambda _own: self._owner_of(token))

    def _owner_of(self, token: str) -> Person:
        client = self.asking.clients.of_bearer(token)
        with client:
            try:
                return shapes.person(client.one("/user"))
            except gitlab.GitlabError as error:
                # 403 is a token without a scope that reads its own user, or a blocked account.
                if error.response_code in {401, 403}:
                    raise _bad_token() from None
                raise translated(error, what="owner of the token", headers=client.last_headers) from None

    async def person(self, name_or_id: str | int) -> Person:
        """Return a user by number or username (with or without @)."""
        return await self._ask(f"user {name_or_id}", lambda gl: _person(gl, name_or_id))

    async def project(self, path_or_id: str | int) -> Project:
        """Return a project by number or full path."""
        path = f"/projects/{quote(str(path_or_id), safe='')}"
        return await self._ask(f"project {path_or_id}", lambda gl: shapes.project(gl.one(path)))

    async def access_level(self, project_id: int, person_id: int) -> AccessLevel:
        """Return the person's own access; NONE for who is no active member, in public projects too.

        A project that the service account cannot see gives NONE as well: no answer about membership is no access.
        """
        path = f"/projects/{project_id}/members/all/{person_id}"
        try:
            return await self._ask(f"member {person_id} of project {project_id}", lambda gl: shapes.access_level(gl.one(path)))
        except NotFound:
            return AccessLevel.NONE

    async def branch(self, project_id: int, name: str) -> Branch:
        """Return a branch and its head."""
        path = f"/projects/{project_id}/repository/branches/{quote(name, safe='')}"
        return await self._ask(f"branch {name!r} in project {project_id}", lambda gl: shapes.branch(gl.one(path)))

    async def commit(self, project_id: int, sha: str) -> Commit:
        """Return one commit with its whole message."""
        path = f"/projects/{project_id}/repository/commits/{quote(sha, safe='')}"
        return await self._ask(f"commit {sha!r} in project {project_id}", lambda gl: shapes.commit(gl.one(path)))

    async def file(self, project_id: int, path: str, *, ref: str) -> FileContent:
        """Return a text file of at most 1 MiB.

        Raises:
            Refused: the path is not a plain one inside the repository.
        """
        checked_path(path)
        what = f"file {path!r} at {ref!r} in project {project_id}"
        return await self._ask(what, lambda gl: contents.file_content(gl, project_id, path, ref=ref))

    async def tree(self, project_id: int, path: str, *, ref: str, recursive: bool = False) -> tuple[TreeEntry, ...]:
        """Return the names below a folder, which is the repository itself where the path is empty.

        Raises:
            Refused: the path is not a plain one inside the repository.
        """
        if path:
            checked_path(path)
        what = f"folder {path!r} at {ref!r} in project {project_id}"
        return await self._ask(what, lambda gl: contents.tree(gl, project_id, path, ref=ref, recursive=recursive))

    async def pipeline(self, project_id: int, pipeline_id: int) -> Pipeline:
        """Return one pipeline."""
        path = f"/projects/{project_id}/pipelines/{pipeline_id}"
        return await self._ask(f"pipeline {pipeline_id} in project {project_id}", lambda gl: shapes.pipeline(gl.one(path)))

    async def pipelines(self, project_id: int, *, sha: str = "", ref: str = "", limit: int = 20) -> tuple[Pipeline, ...]:
        """Return pipelines of a commit or branch, newest first; without the people who started them."""
        chosen = {name: value for name, value in {"sha": sha, "ref": ref}.items() if value}

        def question(gl: Client) -> tuple[Pipeline, ...]:
            found = gl.every(f"/projects/{project_id}/pipelines", order_by="id", sort="desc", **chosen)
            return tuple(shapes.pipeline(data) for data in islice(found, limit))

        return await self._ask(f"pipelines in project {project_id}", question)

    async def jobs(self, project_id: int, pipeline_id: int) -> tuple[Job, ...]:
        """Return jobs, then bridges, each in GitLab's order (newest first) and only in its newest try."""
        path = f"/projects/{project_id}/pipelines/{pipeline_id}"

        def question(gl: Client) -> tuple[Job, ...]:
            jobs = [shapes.job(data) for data in gl.every(f"{path}/jobs")]
            bridges = [shapes.job(data, is_bridge=True) for data in gl.every(f"{path}/bridges")]
            return shapes.newest_tries(jobs + bridges)

        return await self._ask(f"pipeline {pipeline_id} in project {project_id}", question)

    async def job_log(self, project_id: int, job_id: int) -> bytes:
        """Return a job's raw trace; of one above 64 MiB the end, with a first line that says so."""
        return await self._ask(f"job {job_id} in project {project_id}", lambda gl: contents.job_log(gl, project_id, job_id))

    async def merge_request(self, project_id: int, iid: int) -> MergeRequest:
        """Return one merge request."""
        path = f"/projects/{project_id}/merge_requests/{iid}"
        return await self._ask(f"merge request !{iid} in project {project_id}", lambda gl: shapes.merge_request(gl.one(path)))

    async def merge_requests(self, project_id: int, *, source_branch: str, state: str = "opened") -> tuple[MergeRequest, ...]:
        """Return merge requests from a branch, newest first."""

        def question(gl: Client) -> tuple[MergeRequest, ...]:
            path = f"/projects/{project_id}/merge_requests"
            found = gl.every(path, source_branch=source_branch, state=state, order_by="created_at", sort="desc")
            return tuple(shapes.merge_request(data) for data in found)

        return await self._ask(f"merge requests in project {project_id}", question)

    async def merge_request_diffs(self, project_id: int, iid: int) -> tuple[FileDiff, ...]:
        """Return the changed files of a merge request."""
        path = f"/projects/{project_id}/merge_requests/{iid}/diffs"
        what = f"merge request !{iid} in project {project_id}"
        return await self._ask(what, lambda gl: tuple(shapes.file_diff(data) for data in gl.every(path)))

    async def note(self, target: NoteTarget, note_id: int) -> Note:
        """Return one comment.

        GitLab mentions an author without telling whether it is a bot, so that `author.is_bot` is False here; who needs to know
        asks `person(note.author.id)`.
        """
        path = f"{comments.notes_path(target)}/{note_id}"
        return await self._ask(f"comment {note_id} on {target.words}", lambda gl: shapes.note(gl.one(path), target=target))

    async def notes(self, target: NoteTarget, *, since: datetime | None = None) -> tuple[Note, ...]:
        """Return comments, oldest first; of their authors `is_bot` is not known, as with `note`."""

        def question(gl: Client) -> tuple[Note, ...]:
            # Newest first, so that a long thread is read only as far back as was asked for.
            found = (
                shapes.note(data, target=target)
                for data in gl.every(comments.notes_path(target), sort="desc", order_by="created_at")
            )
            wanted = takewhile(lambda note: since is None or note.created_at >= since, found)
            return tuple(sorted(wanted, key=lambda note: (note.created_at, note.id)))

        return await self._ask(f"comments on {target.words}", question)

    async def post_note(self, target: NoteTarget, body: str, *, marker: str, reply_to: Note | None = None) -> Note:
        """Return the account's comment with this marker, written if there is none."""
        account = await self.account()
        new = comments.MarkedComment(target=target, body=body, marker=marker, reply_to=reply_to)
        return await self._ask(
            f"comments on {target.words}",
            lambda gl: comments.post_once(gl, new, account_id=account.id),
            is_write=True,
        )

    async def accept_hooks(self, project_id: int, *, url: str, signing_token: str) -> None:
        """Register our hook; the service account needs the role Maintainer for it."""
        await self._ask(
            f"webhooks of project {project_id}",
            lambda gl: keep_one_hook(gl, project_id, url=url, signing_token=signing_token),
            is_write=True,
        )


def _person(client: Client, name_or_id: str | int) -> Person:
    if isinstance(name_or_id, int):
        return shapes.person(client.one(f"/users/{name_or_id}"))
    name = name_or_id.removeprefix("@").casefold()
    found = [data for data in client.every("/users", username=name) if data["username"].casefold() == name]
    if not found:
        raise NotFound(f"GitLab has no user {name_or_id!r}.")
    # Only the user's own record tells whether it is a bot.
    return shapes.person(client.one(f"/users/{found[0]['id']}"))


def _bad_token() -> Refused:
    return Refused(
        "GitLab does not accept this token; use one of yours that is valid and has the scope `read_user` or `api`.",
        code="bad_token",
    )
