"""Tools that read the repository."""

from __future__ import annotations

from pydantic import Field

from duo_flows.domain.model import Model

from .spec import Privilege, ToolSpec


class RepositoryFile(Model):
    """Arguments of `get_repository_file`."""

    file_path: str = Field(description="Path from the repository's root.")
    ref: str = Field(default="", description="Branch, tag or commit; the work branch if left out.")


class RepositoryTree(Model):
    """Arguments of `list_repository_tree`."""

    path: str = Field(default="", description="Folder from the repository's root; empty for the root.")
    ref: str = Field(default="", description="Branch, tag or commit; the work branch if left out.")
    recursive: bool = Field(default=False, description="Whether to list folders below too.")


SPECS = (
    ToolSpec(
        name="get_repository_file",
        description="Read a text file of the repository at a branch, tag or commit.",
        privilege=Privilege.READ_ONLY_GITLAB,
        arguments=RepositoryFile,
    ),
    ToolSpec(
        name="list_repository_tree",
        description="List files and folders of the repository.",
        privilege=Privilege.READ_ONLY_GITLAB,
        arguments=RepositoryTree,
    ),
)
