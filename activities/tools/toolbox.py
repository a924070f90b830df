"""Every tool by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from .calls import ToolCallContext, ToolOutput
from .changes import propose_change, push_change
from .merge_requests import create_merge_request_note, get_merge_request, list_merge_request_diffs
from .pipelines import get_job_logs, get_pipeline_failing_jobs
from .repository import get_repository_file, list_repository_tree

Tool = Callable[[ToolCallContext, Any], Awaitable[ToolOutput]]

TOOLBOX: Mapping[str, Tool] = MappingProxyType(
    {
        "create_merge_request_note": create_merge_request_note,
        "get_job_logs": get_job_logs,
        "get_merge_request": get_merge_request,
        "get_pipeline_failing_jobs": get_pipeline_failing_jobs,
        "get_repository_file": get_repository_file,
        "list_merge_request_diffs": list_merge_request_diffs,
        "list_repository_tree": list_repository_tree,
        "propose_change": propose_change,
        "push_change": push_change,
    }
)
