"""The port `ForgeWriter`, served by GitLab's REST API.

The law of this module: one method per write of the port, each looked for before it is made; what is sent stands in `items` and
`comments`. Nothing is remembered between calls except who the service account is. Code is never written here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

import gitlab

from duo_flows.domain.branches import BranchRule, PushRight
from duo_flows.domain.errors import NeverAgain, NotFound, Refused
from duo_flows.domain.forge_writer import (
    DiffPlace,
    ForgeWriter,
    Item,
    ItemChanges,
    ItemSeen,
    LinkKind,
    NewComment,
    NewIssue,
    NewMergeRequest,
)
from duo_flows.domain.people import Branch
from duo_flows.domain.pipelines import Note, NoteTarget

from . import comments, items, shapes
from .asking import Asking
from .client import Client

_BAD_REQUEST = 400
# What GitLab answers who is no maintainer, by version.
_NOT_FOR_US = frozenset({"forbidden", "token_not_accepted", "not_found"})


class GitLabWriter(ForgeWriter):
    """GitLab, as the service account may write to it.

    Args:
        asking: the way to GitLab, which somebody else closes.
    """

    def __init__(self, asking: Asking) -> None:
        self._ask = asking.ask
        self._account_id = 0

    async def _own_id(self) -> int:
        if not self._account_id:
            self._account_id = await self._ask("own account", lambda gl: shapes.person(gl.one("/user")).id)
        return self._account_id

    async def branch_rules(self, project_id: int) -> tuple[BranchRule, ...] | None:
        """Return the protected branches; None where GitLab does not show them to the account."""

        def question(gl: Client) -> tuple[BranchRule, ...]:
            return tuple(_rule(data) for data in gl.every(f"/projects/{project_id}/protected_branches"))

        try:
            return await self._ask(f"protected branches of project {project_id}", question)
        except NeverAgain as error:
            if error.code not in _NOT_FOR_US:
                raise
            return None

    async def create_branch(self, project_id: int, name: str, *, sha: str) -> Branch:
        """Return the branch at this commit, made if it is not there.

        Raises:
            Refused: it is there, at another commit.
        """
        what = f"branch {name!r} in project {project_id}"
        found = await self._ask(what, lambda gl: _branch_once(gl, project_id, name, sha=sha), is_write=True)
        if found.sha != sha:
            raise Refused(
                f"Branch {name!r} is there already, at {found.sha[:8]}; use it if it is meant, or take another name.",
                code="branch_exists",
            )
        return found

    async def last_commit(self, project_id: int, path: str, *, ref: str) -> str:
        """Return the id of the last commit that touched a file."""

        def question(gl: Client) -> str:
            found = gl.every(f"/projects/{project_id}/repository/commits", ref_name=ref, path=path, per_page=1)
            return next((str(data["id"]) for data in found), "")

        return await self._ask(f"commits of {path!r} in project {project_id}", question)

    async def item(self, target: NoteTarget) -> Item:
        """Return an issue or merge request."""
        return await self._ask(target.words, lambda gl: items.item(gl.one(items.item_path(target)), kind=target.kind))

    async def create_merge_request(self, project_id: int, new: NewMergeRequest, *, mark: str) -> Item:
        """Return the account's merge request with this mark, made if there is none."""
        own = items.Own(mark, await self._own_id())
        return await self._ask(
            f"merge request from {new.source_branch!r} in project {project_id}",
            lambda gl: items.merge_request_once(gl, project_id, new, own=own),
            is_write=True,
        )

    async def create_issue(self, project_id: int, new: NewIssue, *, mark: str, since: datetime) -> Item:
        """Return the account's issue with this mark, made if there is none."""
        own = items.Own(mark, await self._own_id())
        return await self._ask(
            f"new issue in project {project_id}",
            lambda gl: items.issue_once(gl, project_id, new, own=own, since=since),
            is_write=True,
        )

    async def update_item(self, item: Item, changes: ItemChanges, *, seen: ItemSeen) -> Item:
        """Return the item with the changes; nothing is sent where all is as wanted.

        Raises:
            Refused: a text that would be overwritten is not the one that was seen.
        """
        fields = items.fields_to_change(item, changes)
        seen.check(item, fields)
        if not fields:
            return item
        path = items.item_path(item.target)
        return await self._ask(
            item.target.words, lambda gl: items.item(gl.change(path, fields), kind=item.target.kind), is_write=True
        )

    async def write_comment(self, new: NewComment) -> Note:
        """Return the account's comment with this mark, written if there is none."""
        account_id = await self._own_id()
        what = f"comments on {new.target.words}"
        return await self._ask(what, lambda gl: _comment_once(gl, new, account_id=account_id), is_write=True)

    async def set_thread_resolved(self, target: NoteTarget, discussion_id: str, *, is_resolved: bool) -> None:
        """Resolve a thread or open it again."""
        path = f"{comments.discussions_path(target)}/{quote(discussion_id, safe='')}"
        what = f"thread {discussion_id[:12]!r} on {target.words}"
        await self._ask(what, lambda gl: gl.change(path, {"resolved": is_resolved}), is_write=True)

    async def link_issues(self, project_id: int, iid: int, *, to: int, kind: LinkKind) -> str:
        """Return how the issues are related, related if they were not."""
        return await self._ask(
            f"issue {iid} or issue {to} in project {project_id}",
            lambda gl: items.link_once(gl, project_id, iid, to=to, kind=kind),
            is_write=True,
        )


def _rule(data: dict[str, Any]) -> BranchRule:
    rights = (
        PushRight(
            level=None if level.get("user_id") or level.get("group_id") else level.get("access_level"),
            person_id=level.get("user_id"),
        )
        for level in data.get("push_access_levels") or ()
    )
    return BranchRule(name=data["name"], push=tuple(rights))


def _branch_once(client: Client, project_id: int, name: str, *, sha: str) -> Branch:
    path = f"/projects/{project_id}/repository/branches"
    if found := _branch(client, f"{path}/{quote(name, safe='')}"):
        return found
    try:
        return shapes.branch(client.create(path, {"branch": name, "ref": sha}))
    except gitlab.GitlabHttpError as error:
        # GitLab says 400 for a branch that has come to be meanwhile, as for everything else that is wrong with it.
        found = _branch(client, f"{path}/{quote(name, safe='')}") if error.response_code == _BAD_REQUEST else None
        if found is None:
            raise
        return found


def _branch(client: Client, path: str) -> Branch | None:
    try:
        return shapes.branch(client.one(path))
    except gitlab.GitlabHttpError as error:
        if error.response_code != 404:  # noqa: PLR2004 - GitLab's word for "not there"
            raise
        return None


def _comment_once(client: Client, new: NewComment, *, account_id: int) -> Note:
    marked = comments.MarkedComment(
        target=new.target,
        body=new.body,
        marker=new.mark,
        thread=_thread(client, new),
        position=_position(client, new.target, new.place) if new.place else None,
        is_internal=new.is_internal,
    )
    note = comments.post_once(client, marked, account_id=account_id)
    return (
        note if note.discussion_id else note.model_copy(update={"discussion_id": comments.discussion_of(client, new.target, note)})
    )


def _thread(client: Client, new: NewComment) -> str:
    if new.reply_to_note is None:
        return new.discussion_id
    path = f"{comments.notes_path(new.target)}/{new.reply_to_note}"
    thread = comments.discussion_of(client, new.target, shapes.note(client.one(path), target=new.target))
    if not thread:
        raise NotFound(f"Comment {new.reply_to_note} has no thread that can be answered in.")
    return thread


def _position(client: Client, target: NoteTarget, place: DiffPlace) -> dict[str, Any]:
    refs = client.one(items.item_path(target)).get("diff_refs")
    if not refs:
        raise Refused("The merge request has no diff yet; comment on it without a line.", code="no_diff")
    lines = {name: number for name, number in (("old_line", place.old_line), ("new_line", place.new_line)) if number is not None}
    return {
        "position_type": "text",
        "base_sha": refs["base_sha"],
        "head_sha": refs["head_sha"],
        "start_sha": refs["start_sha"],
        "old_path": place.old_path,
        "new_path": place.new_path,
        **lines,
    }
