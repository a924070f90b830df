"""Tools: what an agent or a step may ask for, under GitLab's names, privilege classes and the access each one needs.

Only the descriptions live here: names, arguments, rights; one module for each kind of thing. What a tool does outside is in
`activities.tools`; the one tool that only waits, `wait_for_pipeline`, is in `workflows.pipeline_wait`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from duo_flows.domain.errors import Refused

from . import (
    changes,
    code_writes,
    issue_writes,
    issues,
    merge_request_writes,
    merge_requests,
    pipelines,
    repository,
    results,
    searches,
    work_item_writes,
)
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
from .pipelines import WAIT_FOR_PIPELINE, FailingJobs, JobLog, WaitForPipeline
from .repository import RepositoryFile, RepositoryTree
from .results import READ_TOOL_RESULT, ToolResultRead
from .spec import Privilege, ToolSpec, check_access, check_privilege
from .to_come import TO_COME, Unserved
from .work_item_writes import CreateWorkItem, UpdateWorkItem, WorkItemNote

__all__ = [
    "READ_TOOL_RESULT",
    "TOOLS",
    "TO_COME",
    "WAIT_FOR_PIPELINE",
    "AddReviewers",
    "CreateBranch",
    "CreateCommit",
    "CreateIssue",
    "CreateMergeRequest",
    "CreateWorkItem",
    "DiffNote",
    "DiscussionReply",
    "DiscussionResolved",
    "FailingJobs",
    "IssueLink",
    "IssueNote",
    "JobLog",
    "MergeRequestNote",
    "Privilege",
    "ProposeChange",
    "PushChange",
    "RepositoryFile",
    "RepositoryTree",
    "ToolResultRead",
    "ToolSpec",
    "Unserved",
    "UpdateIssue",
    "UpdateMergeRequest",
    "UpdateWorkItem",
    "WaitForPipeline",
    "WorkItemNote",
    "check_access",
    "check_privilege",
    "known_spec",
    "nearest_tools",
    "tool_named",
    "unserved_tool",
]

_KINDS = (
    changes,
    code_writes,
    issue_writes,
    issues,
    merge_request_writes,
    merge_requests,
    pipelines,
    repository,
    results,
    searches,
    work_item_writes,
)

TOOLS: Mapping[str, ToolSpec] = MappingProxyType({spec.name: spec for kind in _KINDS for spec in kind.SPECS})

# A name that shares less than this with another was not meant to be it.
_ALIKE = 0.6


def tool_named(name: str) -> ToolSpec:
    """Return the tool of this name.

    Raises:
        Refused: there is no such tool, or it is not served.
    """
    spec = TOOLS.get(name)
    if spec is None:
        raise Refused(unserved_tool(name), code="not_served" if name in TO_COME else "unknown_tool")
    return spec


def known_spec(name: str) -> ToolSpec | None:
    """Return what rights a tool of this name needs, be it served or not; None for a name that nobody knows."""
    return TOOLS.get(name) or (TO_COME[name].spec(name) if name in TO_COME else None)


def unserved_tool(name: str) -> str:
    """Return why no flow can use a tool of this name, and what to use instead; empty where it is served."""
    if name in TOOLS:
        return ""
    if name in TO_COME:
        return TO_COME[name].reason(name)
    near = nearest_tools(name, TOOLS)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"There is no tool named {name!r}.{meant} The tools are: {', '.join(sorted(TOOLS))}."


def nearest_tools(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return which of the names, at most two, the name may have been meant to be."""
    return tuple(get_close_matches(name, sorted(names), n=2, cutoff=_ALIKE))
