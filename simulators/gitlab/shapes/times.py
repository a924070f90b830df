"""Times as GitLab writes them: two forms, one for the API and one for most hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def api_time(at: datetime | None) -> str | None:
    """`2016-01-04T15:31:46.176Z`, in UTC."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def hook_time(at: datetime | None) -> str | None:
    """`2016-01-04 15:31:46 UTC`, as hooks have it."""
    return None if at is None else at.strftime("%Y-%m-%d %H:%M:%S UTC")


def git_time(stamp: str) -> str:
    """Git's `2012-06-28T03:44:20+02:00` with the milliseconds GitLab shows."""
    moment, offset = (stamp[:-1], "+00:00") if stamp.endswith("Z") else (stamp[:19], stamp[19:])
    return f"{moment[:19]}.000{offset}"


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """How long something took; `None` when it did not begin or end."""
    return None if start is None or end is None else round((end - start).total_seconds(), 6)
