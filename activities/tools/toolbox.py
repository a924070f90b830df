"""Every tool by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from .calls import ToolCallContext, ToolOutput
from .changes import propose_change, push_change
from .code_writes import create_branch, create_commit
from .issue_writes import create_issue, create_issue_link, create_issue_note, update_issue
from .merge_request_writes import (
    add_merge_request_reviewers,
    create_merge_request,
    create_merge_request_diff_note,
    create_merge_request_note,
    reply_to_discussion,
    set_discussion_resolved,
    update_merge_request,
)
from .merge_requests import get_merge_request, list_merge_request_diffs
from .pipelines import get_job_logs, get_pipeline_failing_jobs
from .repository import get_repository_file, list_repository_tree

Tool = Callable[[ToolCallContext, Any], Awaitable[ToolOutput]]

TOOLBOX: Mapping[str, Tool] = MappingProxyType(
    {
        "add_merge_request_reviewers": add_merge_request_reviewers,
        "create_branch": create_branch,
        "create_commit": create_commit,
        "create_issue": create_issue,
        "create_issue_link": create_issue_link,
        "create_issue_note": create_issue_note,
        "create_merge_request": create_merge_request,
        "create_merge_request_diff_note": create_merge_request_diff_note,
        "create_merge_request_note": create_merge_request_note,
        "get_job_logs": get_job_logs,
        "get_merge_request": get_merge_request,
        "get_pipeline_failing_jobs": get_pipeline_failing_jobs,
        "get_repository_file": get_repository_file,
        "list_merge_request_diffs": list_merge_request_diffs,
        "list_repository_tree": list_repository_tree,
        "propose_change": propose_change,
        "push_change": push_change,
        "reply_to_discussion": reply_to_discussion,
        "set_discussion_resolved": set_discussion_resolved,
        "update_issue": update_issue,
        "update_merge_request": update_merge_request,
    }
)
