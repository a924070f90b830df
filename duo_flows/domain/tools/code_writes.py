"""Tools that write branches and commits."""

from __future__ import annotations

from pydantic import Field

from duo_flows.domain.commit_actions import ACTIONS_MAX, FileAction, paths_of
from duo_flows.domain.effects import Effect, EffectKind

from .writes import InProject, Text, writing


class CreateBranch(InProject):
    """Arguments of `create_branch`."""

    branch: str = Field(description="Name of the new branch.")
    ref: str = Field(min_length=1, max_length=255, description="Branch, tag or commit at which it begins.")


class CreateCommit(InProject):
    """Arguments of `create_commit`."""

    branch: str = Field(default="", description="The branch; one that is not there is made. Left out, a new one gets a name.")
    commit_message: Text = Field(description="What the commit does: a short line, then a blank one and reasons where needed.")
    actions: tuple[FileAction, ...] = Field(
        min_length=1, max_length=ACTIONS_MAX, description="What happens to which file, in order."
    )
    start_branch: str = Field(default="", description="Where a new branch begins; the default branch if nothing is said.")
    start_sha: str = Field(default="", description="The commit at which a new branch begins, instead of start_branch.")


def _touched_by_branch(asked: CreateBranch) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.BRANCH, branch=asked.branch),)


def _touched_by_commit(asked: CreateCommit) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.COMMIT, branch=asked.branch, paths=paths_of(asked.actions)),)


SPECS = (
    writing(
        "create_branch",
        "Make a branch at a branch, tag or commit.",
        arguments=CreateBranch,
        touches=_touched_by_branch,
    ),
    writing(
        "create_commit",
        "Commit changes of files to a branch, all or none: create, update, delete and move. To change a part of a file, give "
        "old_str and new_str. If somebody else has pushed to the branch meanwhile, nothing is written: read again and try anew.",
        arguments=CreateCommit,
        touches=_touched_by_commit,
    ),
)
