"""Every tool by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from .calls import ToolCallContext, ToolOutput
from .changes import propose_change, push_change
from .code_writes import create_branch, create_commit
from .commits import get_commit, get_commit_comments, get_commit_diff, list_commits
from .issue_writes import create_issue, create_issue_link, create_issue_note, update_issue
from .issues import (
    get_issue,
    get_issue_note,
    get_work_item,
    get_work_item_notes,
    list_issue_links,
    list_issue_notes,
    list_issues,
    list_work_items,
)
from .job_logs import get_job_logs
from .merge_request_writes import (
    add_merge_request_reviewers,
    create_merge_request,
    create_merge_request_diff_note,
    create_merge_request_note,
    reply_to_discussion,
    set_discussion_resolved,
    update_merge_request,
)
from .merge_requests import (
    get_merge_request,
    gitlab_merge_request_search,
    list_all_merge_request_notes,
    list_merge_request_diffs,
    list_mr_discussions,
)
from .pipelines import (
    ci_linter,
    get_downstream_pipelines,
    get_failing_bridge_jobs,
    get_pipeline_failing_jobs,
    list_pipeline_jobs,
)
from .repository import get_project, get_repository_file, get_repository_files, list_repository_tree
from .results import read_tool_result
from .searches import gitlab_blob_search, gitlab_commit_search, gitlab_issue_search
from .work_item_writes import create_work_item, create_work_item_note, update_work_item

Tool = Callable[[ToolCallContext, Any], Awaitable[ToolOutput]]

TOOLBOX: Mapping[str, Tool] = MappingProxyType(
    {
        "add_merge_request_reviewers": add_merge_request_reviewers,
        "ci_linter": ci_linter,
        "create_branch": create_branch,
        "create_commit": create_commit,
        "create_issue": create_issue,
        "create_issue_link": create_issue_link,
        "create_issue_note": create_issue_note,
        "create_merge_request": create_merge_request,
        "create_merge_request_diff_note": create_merge_request_diff_note,
        "create_merge_request_note": create_merge_request_note,
        "create_work_item": create_work_item,
        "create_work_item_note": create_work_item_note,
        "get_commit": get_commit,
        "get_commit_comments": get_commit_comments,
        "get_commit_diff": get_commit_diff,
        "get_downstream_pipelines": get_downstream_pipelines,
        "get_failing_bridge_jobs": get_failing_bridge_jobs,
        "get_issue": get_issue,
        "get_issue_note": get_issue_note,
        "get_job_logs": get_job_logs,
        "get_merge_request": get_merge_request,
        "get_pipeline_failing_jobs": get_pipeline_failing_jobs,
        "get_project": get_project,
        "get_repository_file": get_repository_file,
        "get_repository_files": get_repository_files,
        "get_work_item": get_work_item,
        "get_work_item_notes": get_work_item_notes,
        "gitlab_blob_search": gitlab_blob_search,
        "gitlab_commit_search": gitlab_commit_search,
        "gitlab_issue_search": gitlab_issue_search,
        "gitlab_merge_request_search": gitlab_merge_request_search,
        "list_all_merge_request_notes": list_all_merge_request_notes,
        "list_commits": list_commits,
        "list_issue_links": list_issue_links,
        "list_issue_notes": list_issue_notes,
        "list_issues": list_issues,
        "list_merge_request_diffs": list_merge_request_diffs,
        "list_mr_discussions": list_mr_discussions,
        "list_pipeline_jobs": list_pipeline_jobs,
        "list_repository_tree": list_repository_tree,
        "list_work_items": list_work_items,
        "propose_change": propose_change,
        "push_change": push_change,
        "read_tool_result": read_tool_result,
        "reply_to_discussion": reply_to_discussion,
        "set_discussion_resolved": set_discussion_resolved,
        "update_issue": update_issue,
        "update_merge_request": update_merge_request,
        "update_work_item": update_work_item,
    }
)
