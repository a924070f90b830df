"""Links to GitLab's things in what a person or a model wrote.

The law of this module: it reads text and asks nobody. A link only names a thing; whether it exists, and for whom, GitLab says.
Links to any other place than the given GitLab are no links.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

from .model import Model


class LinkKind(StrEnum):
    """What a link leads to."""

    PIPELINE = "pipeline"
    JOB = "job"
    MERGE_REQUEST = "merge_request"
    ISSUE = "issue"


_FOLDERS = {
    "pipelines": LinkKind.PIPELINE,
    "jobs": LinkKind.JOB,
    "merge_requests": LinkKind.MERGE_REQUEST,
    "issues": LinkKind.ISSUE,
    # An issue's address since work items have their own; both lead to the same thing.
    "work_items": LinkKind.ISSUE,
}

# Below a GitLab's address: at least a namespace and a project, each beginning as GitLab's paths do; `/-/` is missing in old links.
# Eighteen digits fit every number that GitLab's database holds.
_REST = (
    r"/(?P<project>[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}(?:/[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}){1,20})"
    rf"/(?:-/)?(?P<folder>{'|'.join(_FOLDERS)})/(?P<number>[0-9]{{1,18}})(?![\w-])"
)

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Link(Model):
    """A pipeline or job by its id, a merge request or issue by its number in the project."""

    kind: LinkKind
    project_path: str
    number: int


def parse_link(text: str, *, base_url: str) -> Link | None:
    """Return the first link in the text to a pipeline, job, merge request or issue of this GitLab; None if there is none.

    Args:
        text: anything that anybody wrote.
        base_url: GitLab's address, with its path where it lives below one.
    """
    match = _pattern(base_url).search(text)
    if match is None:
        return None
    return Link(kind=_FOLDERS[match["folder"]], project_path=match["project"], number=int(match["number"]))


@lru_cache(maxsize=8)
def _pattern(base_url: str) -> re.Pattern[str]:
    parts = urlsplit(base_url.rstrip("/"))
    host = parts.netloc.removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))
    port = f"(?:{_DEFAULT_PORTS[parts.scheme]})?" if ":" not in host and parts.scheme in _DEFAULT_PORTS else ""
    return re.compile(rf"(?<![\w.+-])(?i:{re.escape(parts.scheme)}://{re.escape(host)}){port}{re.escape(parts.path)}{_REST}")
