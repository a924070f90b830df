"""Links to projects, commits and files in GitLab: what a tool's `url` may name besides what `links` knows.

The law of this module is that of `links`: it reads text and asks nobody, and links to any other place are no links.
"""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from .model import Model

# A namespace and a project at least; dots alone lead elsewhere.
_PATH = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}(?:/[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}){1,20}")


class CodeLinkKind(StrEnum):
    """What a link leads to. GitLab shows files under `blob` and folders under `tree`."""

    PROJECT = "project"
    COMMIT = "commit"
    FILE = "blob"
    FOLDER = "tree"


class CodeLink(Model):
    """A project, or what stands in its repository: `rest` is a commit's id, or a branch and then a path."""

    kind: CodeLinkKind
    project_path: str
    rest: str = ""

    def ref_and_path(self, *, branch: str) -> tuple[str, str]:
        """Return (branch, tag or commit, path below it). A branch's name may have slashes, so that a known one goes first."""
        if branch and (self.rest == branch or self.rest.startswith(f"{branch}/")):
            return branch, self.rest.removeprefix(branch).strip("/")
        ref, _, path = self.rest.partition("/")
        return ref, path.strip("/")


def parse_code_link(url: str, *, base_url: str) -> CodeLink | None:
    """Return what a whole URL leads to; None if it does not lead to a project, commit, file or folder of this GitLab."""
    try:
        asked, base = urlsplit(url.strip()), urlsplit(base_url.rstrip("/"))
    except ValueError:
        return None  # brackets in a host's place that hold no address
    if (asked.scheme.lower(), asked.netloc.lower()) != (base.scheme.lower(), base.netloc.lower()):
        return None
    if not asked.path.startswith(f"{base.path}/"):
        return None
    project, separator, rest = unquote(asked.path.removeprefix(base.path)).strip("/").partition("/-/")
    if not _PATH.fullmatch(project):
        return None
    if not separator:
        return CodeLink(kind=CodeLinkKind.PROJECT, project_path=project)
    folder, _, below = rest.partition("/")
    kinds = {kind.value: kind for kind in CodeLinkKind if kind is not CodeLinkKind.PROJECT}
    return CodeLink(kind=kinds[folder], project_path=project, rest=below.strip("/")) if folder in kinds and below else None
