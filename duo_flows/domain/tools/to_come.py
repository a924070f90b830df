"""GitLab's tools that are not served, by the privilege class each belongs to: asking for one is refused by its class first.

The law of this module: names, classes and what to use instead. A name leaves this table when its tool is served.

Source: the names and classes of GitLab's own tools. Tools of MCP servers bear their servers' names there and have no list; here
they are called by one name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from duo_flows.domain.model import Model
from duo_flows.domain.people import AccessLevel

from .spec import Privilege, ToolSpec


class AnyArguments(Model):
    """Arguments of a tool that is not served: nobody knows them."""


class Unserved(Model):
    """A tool that is not served: its class, whether it would write, what stands in its way, and what to use instead."""

    privilege: Privilege
    is_write: bool
    why: str
    instead: str = ""

    def spec(self, name: str) -> ToolSpec:
        """Return what privilege and access a call would need."""
        access = AccessLevel.DEVELOPER if self.is_write else AccessLevel.REPORTER
        return ToolSpec(
            name=name, description="", privilege=self.privilege, arguments=AnyArguments, access=access, is_write=self.is_write
        )

    @property
    def told(self) -> str:
        """Return what to use instead, and why, for the author of a flow."""
        return f"{self.instead or 'none'}, since {self.why}"

    def reason(self, name: str) -> str:
        """Return why a call of it is refused, and what to do."""
        instead = f" Use {self.instead} instead." if self.instead else ""
        return f"{name} (privilege class {self.privilege}) is not served: {self.why}.{instead}"


_EXECUTOR = "files and commands need the sandboxed executor, which is not there yet"
_EDITION = "it reads what only GitLab's paid editions have"
_RAW = "a raw query cannot be held to what the requester may read"
_PLANS = "an agent's plan stands in its conversation"


def _unserved(privilege: Privilege, why: str, instead: Mapping[str, str], *, is_write: bool = False) -> dict[str, Unserved]:
    return {name: Unserved(privilege=privilege, is_write=is_write, why=why, instead=other) for name, other in instead.items()}


TO_COME: Mapping[str, Unserved] = MappingProxyType(
    {
        **_unserved(
            Privilege.READ_ONLY_FILES,
            _EXECUTOR,
            {
                "read_file": "get_repository_file",
                "read_files": "get_repository_files",
                "list_dir": "list_repository_tree",
                "find_files": "list_repository_tree or gitlab_blob_search",
                "grep": "gitlab_blob_search",
                "extract_lines_from_text": "get_repository_file with start_line and end_line, or read_tool_result",
            },
        ),
        **_unserved(
            Privilege.READ_WRITE_FILES,
            _EXECUTOR,
            {
                "create_file_with_contents": "create_commit",
                "write_file": "create_commit",
                "edit_file": "create_commit",
                "mkdir": "create_commit",
                "run_tests": "a pipeline of the branch",
            },
            is_write=True,
        ),
        **_unserved(Privilege.RUN_COMMANDS, _EXECUTOR, {"run_command": "a pipeline of the branch"}, is_write=True),
        **_unserved(
            Privilege.USE_GIT, _EXECUTOR, {"run_git_command": "create_branch and create_commit, or list_commits"}, is_write=True
        ),
        **_unserved(Privilege.RUN_MCP_TOOLS, "tools of other servers are not connected", {"run_mcp_tool": ""}, is_write=True),
        **_unserved(
            Privilege.START_FLOWS, "flows do not start flows yet", {"start_flow": "a comment that asks a person"}, is_write=True
        ),
        **_unserved(
            Privilege.READ_ONLY_GITLAB,
            _EDITION,
            {
                "get_epic": "get_issue",
                "list_epics": "list_issues",
                "list_epic_notes": "list_issue_notes",
                "list_vulnerabilities": "",
                "get_vulnerability_details": "",
                "list_security_findings": "",
                "get_security_finding_details": "",
                "list_project_audit_events": "",
                "list_group_audit_events": "",
                "list_instance_audit_events": "",
                "get_work_item_statuses": "list_work_items",
                "run_glql_query": "list_issues or gitlab_merge_request_search",
            },
        ),
        **_unserved(
            Privilege.READ_ONLY_GITLAB,
            _RAW,
            {
                "gitlab_api_get": "the reading tool for the thing itself",
                "gitlab_graphql": "the reading tool for the thing itself",
                "gitlab_note_search": "list_issue_notes or list_all_merge_request_notes",
                "gitlab_wiki_blob_search": "gitlab_blob_search",
                "gitlab_milestone_search": "list_issues",
                "gitlab_group_project_search": "get_project",
                "gitlab__user_search": "",
                "get_wiki_page": "get_repository_file",
            },
        ),
        **_unserved(
            Privilege.READ_WRITE_GITLAB,
            _EDITION,
            {
                "create_epic": "create_issue",
                "update_epic": "update_issue",
                "dismiss_vulnerability": "",
                "confirm_vulnerability": "",
                "create_vulnerability_issue": "create_issue",
                "link_vulnerability_to_issue": "",
                "link_vulnerability_to_merge_request": "",
                "update_vulnerability_severity": "",
            },
            is_write=True,
        ),
        **_unserved(
            Privilege.READ_ONLY_GITLAB,
            _PLANS,
            {
                "create_plan": "",
                "get_plan": "",
                "add_new_task": "",
                "remove_task": "",
                "set_task_status": "",
                "update_task_description": "",
                "todo_write": "",
            },
        ),
    }
)
