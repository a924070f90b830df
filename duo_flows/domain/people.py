"""People, projects and what a person may do in a project: facts that the forge reports, in our words.

GitLab is the authority on all of these. Nothing here is remembered longer than one check.
"""

from __future__ import annotations

from enum import IntEnum

from .model import Model


class AccessLevel(IntEnum):
    """GitLab's access levels. Source: GitLab docs, api/members."""

    NONE = 0
    MINIMAL = 5
    GUEST = 10
    PLANNER = 15
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


# What flows find out (logs, diffs) is what this level shows in GitLab itself.
ACCESS_TO_READ = AccessLevel.REPORTER
# Below this a person cannot change code in a project, so a flow must not do it for them.
ACCESS_TO_START = AccessLevel.DEVELOPER
# Who answers for a project may stop what others have started in it.
ACCESS_TO_STOP_OTHERS = AccessLevel.MAINTAINER


class Person(Model):
    """A GitLab user. `is_bot` is true for bots and service accounts, which never decide anything."""

    id: int
    username: str
    name: str = ""
    is_active: bool = True
    is_bot: bool = False

    @property
    def may_decide(self) -> bool:
        """Tell whether this is somebody for whom flows act and whose word counts: neither a bot nor blocked."""
        return self.is_active and not self.is_bot


class Project(Model):
    """A GitLab project, named by its number because paths are renamed."""

    id: int
    path: str
    default_branch: str
    web_url: str
    clone_url: str
    visibility: str = "private"


class Branch(Model):
    """A branch and who may push to it."""

    name: str
    sha: str
    is_protected: bool = False
    developers_can_push: bool = True
