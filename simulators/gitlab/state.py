"""The records of one stand-in, its clock and its numbers.

The law of this module: it keeps, counts and finds. It decides nothing about who may do what, and knows
neither HTTP nor git. Whoever changes a record holds `lock`.
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from simulators.gitlab.errors import not_found

if TYPE_CHECKING:
    from simulators.gitlab.model import Issue, IssueLink, MergeRequest, Pipeline, Project, Todo, User

# Two acts never share an instant, so that an edited note always shows it: the API's times have milliseconds.
TICK = timedelta(milliseconds=1)


class State:
    """Everything the stand-in remembers besides git."""

    def __init__(self, *, seed: int | None = None) -> None:
        self.lock = threading.RLock()
        self.users: dict[int, User] = {}
        self.projects: dict[int, Project] = {}
        self.todos: list[Todo] = []
        self.issue_links: list[IssueLink] = []
        self._last_ids: defaultdict[str, int] = defaultdict(int)
        self._last_instant = datetime.fromtimestamp(0, UTC)
        self._random = random.Random(seed)  # noqa: S311 - ids that a seed repeats, no secrets

    def next_id(self, kind: str) -> int:
        """The next number of a kind, over all projects."""
        with self.lock:
            self._last_ids[kind] += 1
            return self._last_ids[kind]

    def reserve_id(self, kind: str, number: int) -> int:
        """Take a number a scenario asked for; later ones go on after it."""
        with self.lock:
            self._last_ids[kind] = max(self._last_ids[kind], number)
            return number

    def random_hex(self, length: int = 40) -> str:
        """An id in hexadecimal digits."""
        with self.lock:
            return hashlib.sha256(self._random.randbytes(32)).hexdigest()[:length]

    def now(self) -> datetime:
        """The time in UTC, later than any it told before."""
        with self.lock:
            self._last_instant = max(datetime.now(UTC), self._last_instant + TICK)
            return self._last_instant

    def user_by_token(self, token: str) -> User | None:
        """Whose token this is."""
        return next((user for user in self.users.values() if token and user.token == token), None)

    def user_by_username(self, username: str) -> User | None:
        """The user of that name, whatever its case."""
        wanted = username.lower()
        return next((user for user in self.users.values() if user.username.lower() == wanted), None)

    def find_project(self, reference: str) -> Project:
        """A project by its number or its path.

        Raises:
            ApiError: 404, when there is none.
        """
        if reference.isdecimal() and int(reference) in self.projects:
            return self.projects[int(reference)]
        wanted = reference.lower()
        for project in self.projects.values():
            if project.path.lower() == wanted:
                return project
        raise not_found("Project")


def find_issue(project: Project, iid: int) -> Issue:
    """The project's issue of that number, or 404."""
    found = next((issue for issue in project.issues if issue.iid == iid), None)
    if found is None:
        raise not_found("Issue")
    return found


def find_merge_request(project: Project, iid: int) -> MergeRequest:
    """The project's merge request of that number, or 404."""
    found = next((item for item in project.merge_requests if item.iid == iid), None)
    if found is None:
        raise not_found("Merge Request")
    return found


def find_pipeline(project: Project, number: int) -> Pipeline:
    """The project's pipeline of that id, or 404."""
    found = next((pipeline for pipeline in project.pipelines if pipeline.id == number), None)
    if found is None:
        raise not_found()
    return found
