"""Who calls, and what each access level may do.

The law of this module: every permission of the stand-in is one function here, pure over the records.
Levels follow GitLab's table of permissions for projects.
"""

from __future__ import annotations

import base64
import binascii
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from simulators.gitlab.errors import unauthorized
from simulators.gitlab.model import Access

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulators.gitlab.model import Issue, Note, Project, ProtectedBranch, User
    from simulators.gitlab.state import State


def authenticate(state: State, headers: Mapping[str, str]) -> User | None:
    """The user of a REST call; `None` when no token was sent.

    Raises:
        ApiError: 401, when a token was sent that no active user holds.
    """
    token = headers.get("private-token", "") or _bearer(headers.get("authorization", ""))
    if not token:
        return None
    return _active_holder(state, token)


def authenticate_git(state: State, headers: Mapping[str, str]) -> User | None:
    """The user of a git request: the token is the password, any user name will do.

    Raises:
        ApiError: 401, when the password is nobody's token.
    """
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, _, password = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unauthorized() from None
    return _active_holder(state, password)


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _active_holder(state: State, token: str) -> User:
    user = state.user_by_token(token)
    if user is None or user.state != "active":
        raise unauthorized()
    return user


def access_level(user: User | None, project: Project) -> int:
    """The user's level in the project; an administrator has an owner's."""
    if user is None:
        return Access.NONE
    return Access.OWNER if user.admin else project.members.get(user.id, Access.NONE)


def can_see(user: User | None, project: Project) -> bool:
    """Whether the project exists at all for this user."""
    if project.visibility == "public" or (project.visibility == "internal" and user is not None):
        return True
    return access_level(user, project) >= Access.GUEST


def can_read_code(user: User | None, project: Project) -> bool:
    """In a private project code needs a Reporter; a Guest or Planner cannot read it."""
    if project.visibility == "private":
        return access_level(user, project) >= Access.REPORTER
    return can_see(user, project)


def can_read_issue(user: User | None, project: Project, issue: Issue) -> bool:
    """A confidential issue is for its author, its assignees, and Planners and up."""
    if not issue.confidential or access_level(user, project) >= Access.PLANNER:
        return True
    return user is not None and (user.id == issue.author_id or user.id in issue.assignee_ids)


def can_read_note(user: User | None, project: Project, note: Note) -> bool:
    """An internal note is for Planners and up, and for its author."""
    if not note.internal or access_level(user, project) >= Access.PLANNER:
        return True
    return user is not None and user.id == note.author_id


def can_change_note(user: User, project: Project, note: Note) -> bool:
    """The author, or a Maintainer; nobody changes a system note."""
    return not note.system and (user.id == note.author_id or access_level(user, project) >= Access.MAINTAINER)


def protection_of(project: Project, branch: str) -> ProtectedBranch | None:
    """The rule that protects a branch; an exact name goes before a pattern."""
    exact = next((rule for rule in project.protected_branches if rule.name == branch), None)
    return exact or next((rule for rule in project.protected_branches if fnmatchcase(branch, rule.name)), None)


def can_push(user: User | None, project: Project, branch: str) -> bool:
    """A Developer pushes to free branches; a protected one names its own level, 0 meaning nobody."""
    rule = protection_of(project, branch)
    needed = Access.DEVELOPER if rule is None else rule.push_level
    return needed > Access.NONE and access_level(user, project) >= max(needed, Access.DEVELOPER)


def can_merge(user: User | None, project: Project, branch: str) -> bool:
    """Merging needs the level the target's protection names, or the right to push there."""
    rule = protection_of(project, branch)
    if rule is None or can_push(user, project, branch):
        return can_push(user, project, branch)
    return rule.merge_level > Access.NONE and access_level(user, project) >= rule.merge_level
