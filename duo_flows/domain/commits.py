"""Commits and what was found in the code, as the forge reports them: values only."""

from __future__ import annotations

from datetime import datetime

from .model import Model
from .pipelines import Commit

# What an agent can take in at once; the next page is asked for by its number.
COMMITS_PER_PAGE = 20


class CommitDetail(Commit):
    """One commit with its times and parents; GitLab counts `additions` and `deletions` only where one commit is asked for."""

    authored_at: datetime
    committed_at: datetime
    parents: tuple[str, ...] = ()
    additions: int | None = None
    deletions: int | None = None
    web_url: str = ""

    @property
    def title(self) -> str:
        """Return the message's first line."""
        return self.message.split("\n", 1)[0]


class CommitFilter(Model):
    """Which commits to list; what is left empty does not restrict. Fields are GitLab's.

    `ref_name` is a branch, tag or range `a..b`; the times are ISO 8601; `page` counts from 1 in pages of `COMMITS_PER_PAGE`.
    """

    ref_name: str = ""
    path: str = ""
    author: str = ""
    since: str = ""
    until: str = ""
    is_all: bool = False
    first_parent: bool = False
    page: int = 1


class CommitComment(Model):
    """A comment on a commit; `path` and `line` where it stands at a line."""

    author: str
    body: str
    path: str = ""
    line: int | None = None
    created_at: datetime | None = None


class BlobHit(Model):
    """A part of a file that a search found; `start_line` counts from 1."""

    path: str
    ref: str
    start_line: int
    text: str
