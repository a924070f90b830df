"""Tools: what an agent or a step may ask for, under GitLab's names, privilege classes and the access each one needs.

Only the descriptions live here: names, arguments, rights; one module for each kind of thing. What a tool does outside is in
`activities.tools`; the one tool that only waits, `wait_for_pipeline`, is in `workflows.pipeline_wait`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from duo_flows.domain.errors import Refused

from . import changes, code_writes, issue_writes, merge_request_writes, merge_requests, pipelines, repository
from .changes import ProposeChange, PushChange
from .code_writes import CreateBranch, CreateCommit
from .issue_writes import CreateIssue, IssueLink, IssueNote, UpdateIssue
from .merge_request_writes import (
    AddReviewers,
    CreateMergeRequest,
    DiffNote,
    DiscussionReply,
    DiscussionResolved,
    MergeRequestNote,
    UpdateMergeRequest,
)
from .merge_requests import MergeRequestRead
from .pipelines import WAIT_FOR_PIPELINE, FailingJobs, JobLog, WaitForPipeline
from .repository import RepositoryFile, RepositoryTree
from .spec import Privilege, ToolSpec, check_access, check_privilege

__all__ = [
    "TOOLS",
    "WAIT_FOR_PIPELINE",
    "AddReviewers",
    "CreateBranch",
    "CreateCommit",
    "CreateIssue",
    "CreateMergeRequest",
    "DiffNote",
    "DiscussionReply",
    "DiscussionResolved",
    "FailingJobs",
    "IssueLink",
    "IssueNote",
    "JobLog",
    "MergeRequestNote",
    "MergeRequestRead",
    "Privilege",
    "ProposeChange",
    "PushChange",
    "RepositoryFile",
    "RepositoryTree",
    "ToolSpec",
    "UpdateIssue",
    "UpdateMergeRequest",
    "WaitForPipeline",
    "check_access",
    "check_privilege",
    "tool_named",
]

_KINDS = (changes, code_writes, issue_writes, merge_request_writes, merge_requests, pipelines, repository)

TOOLS: Mapping[str, ToolSpec] = MappingProxyType({spec.name: spec for kind in _KINDS for spec in kind.SPECS})


def tool_named(name: str) -> ToolSpec:
    """Return the tool of this name.

    Raises:
        Refused: there is no such tool.
    """
    spec = TOOLS.get(name)
    if spec is None:
        raise Refused(f"There is no tool named {name!r}. The tools are: {', '.join(sorted(TOOLS))}.", code="unknown_tool")
    return spec
