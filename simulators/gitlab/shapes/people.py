"""Users, members and projects in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.gitlab import auth
from simulators.gitlab.shapes.times import api_time

if TYPE_CHECKING:
    from simulators.gitlab.model import Label, Project, User
    from simulators.gitlab.simulator import Simulator

VISIBILITY_LEVELS = {"private": 0, "internal": 10, "public": 20}
SCOPES = ["api", "read_api", "read_user", "read_repository", "write_repository"]


def short_user(simulator: Simulator, user: User) -> dict[str, Any]:
    """A user as other things mention them."""
    return {
        "id": user.id,
        "username": user.username,
        "public_email": "",
        "name": user.name,
        "state": user.state,
        "locked": False,
        "avatar_url": f"{simulator.url}/-/avatar/{user.id}.svg",
        "web_url": f"{simulator.url}/{user.username}",
    }


def user_by_id(simulator: Simulator, number: int | None) -> dict[str, Any] | None:
    """The short form of a user, `None` for nobody."""
    user = simulator.state.users.get(number or 0)
    return None if user is None else short_user(simulator, user)


def users_by_id(simulator: Simulator, numbers: list[int]) -> list[dict[str, Any]]:
    """The short forms of several users; unknown ones are left out."""
    return [shape for number in numbers if (shape := user_by_id(simulator, number)) is not None]


def full_user(simulator: Simulator, user: User) -> dict[str, Any]:
    """A user as `GET /users/:id` answers."""
    return {
        **short_user(simulator, user),
        "created_at": api_time(user.created_at),
        "bio": "",
        "bot": user.bot,
        "location": "",
        "skype": "",
        "linkedin": "",
        "twitter": "",
        "website_url": "",
        "organization": "",
        "job_title": "",
        "pronouns": None,
        "work_information": None,
        "local_time": None,
        "followers": 0,
        "following": 0,
        "is_followed": False,
    }


def own_user(simulator: Simulator, user: User) -> dict[str, Any]:
    """A user as `GET /user` tells them about themselves."""
    own = {
        **full_user(simulator, user),
        "email": simulator.email(user),
        "commit_email": simulator.email(user),
        "confirmed_at": api_time(user.created_at),
        "external": False,
        "private_profile": False,
        "projects_limit": 100000,
        "can_create_group": True,
        "can_create_project": True,
        "two_factor_enabled": False,
        "identities": [],
        "theme_id": None,
        "color_scheme_id": 1,
        "namespace_id": user.id,
    }
    return {**own, "is_admin": True} if user.admin else own


def own_token(user: User) -> dict[str, Any]:
    """The token of the call, as `GET /personal_access_tokens/self` answers; never the token itself."""
    return {
        "id": user.id,
        "name": "stand-in",
        "description": None,
        "revoked": False,
        "created_at": api_time(user.created_at),
        "scopes": SCOPES,
        "user_id": user.id,
        "last_used_at": None,
        "active": True,
        "expires_at": None,
    }


def member(simulator: Simulator, user: User, level: int) -> dict[str, Any]:
    """A user as a member of a project."""
    return {
        **short_user(simulator, user),
        "access_level": level,
        "created_at": api_time(user.created_at),
        "expires_at": None,
        "membership_state": "active",
        "is_using_seat": True,
        "member_role": None,
    }


def namespace(simulator: Simulator, project: Project) -> dict[str, Any]:
    """The group a project lies in."""
    full_path = project.path.rpartition("/")[0]
    name = full_path.rpartition("/")[2]
    return {
        "id": 1,
        "name": name,
        "path": name,
        "kind": "group",
        "full_path": full_path,
        "parent_id": None,
        "avatar_url": None,
        "web_url": f"{simulator.url}/groups/{full_path}",
    }


def project(simulator: Simulator, item: Project, user: User | None) -> dict[str, Any]:
    """A project, as the caller sees it."""
    web_url = simulator.project_url(item)
    level = auth.access_level(user, item)
    return {
        "id": item.id,
        "description": item.description,
        "name": item.name,
        "name_with_namespace": " / ".join([*item.path.split("/")[:-1], item.name]),
        "path": item.path.rpartition("/")[2],
        "path_with_namespace": item.path,
        "created_at": api_time(item.created_at),
        "default_branch": item.default_branch,
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": f"git@127.0.0.1:{item.path}.git",
        "http_url_to_repo": f"{web_url}.git",
        "web_url": web_url,
        "readme_url": f"{web_url}/-/blob/{item.default_branch}/README.md",
        "avatar_url": None,
        "forks_count": 0,
        "star_count": 0,
        "last_activity_at": api_time(item.last_activity_at or item.created_at),
        "namespace": namespace(simulator, item),
        "visibility": item.visibility,
        "archived": False,
        "empty_repo": not simulator.repository(item).refs("refs/heads"),
        "issues_enabled": True,
        "merge_requests_enabled": True,
        "jobs_enabled": True,
        "wiki_enabled": False,
        "snippets_enabled": False,
        "open_issues_count": sum(issue.state == "opened" for issue in item.issues),
        "merge_method": "merge",
        "squash_option": "default_off",
        "ci_config_path": None,
        "creator_id": next(iter(item.members), None),
        "_links": _links(simulator, item),
        "permissions": {
            "project_access": {"access_level": level, "notification_level": 3} if level else None,
            "group_access": None,
        },
    }


def _links(simulator: Simulator, item: Project) -> dict[str, str]:
    base = f"{simulator.url}/api/v4/projects/{item.id}"
    parts = {"issues": "issues", "merge_requests": "merge_requests", "repo_branches": "repository/branches"}
    rest = {"labels": "labels", "events": "events", "members": "members"}
    return {"self": base, **{name: f"{base}/{path}" for name, path in {**parts, **rest}.items()}}


def label(item: Label) -> dict[str, Any]:
    """A label."""
    return {
        "id": item.id,
        "name": item.name,
        "description": item.description,
        "description_html": "",
        "text_color": "#FFFFFF",
        "color": item.color,
        "archived": False,
        "subscribed": False,
        "priority": None,
        "is_project_label": True,
    }
