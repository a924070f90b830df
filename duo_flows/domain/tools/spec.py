"""What is known of a tool without running it, and who may use it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from duo_flows.domain.effects import Effect
from duo_flows.domain.errors import Refused
from duo_flows.domain.model import Model
from duo_flows.domain.model_turns import ToolSchema
from duo_flows.domain.people import AccessLevel


class Privilege(StrEnum):
    """GitLab's eight privilege classes. Source: GitLab's agent privileges, numbered 1 to 8 in its API."""

    READ_WRITE_FILES = "read_write_files"
    READ_ONLY_GITLAB = "read_only_gitlab"
    READ_WRITE_GITLAB = "read_write_gitlab"
    RUN_COMMANDS = "run_commands"
    USE_GIT = "use_git"
    RUN_MCP_TOOLS = "run_mcp_tools"
    START_FLOWS = "start_flows"
    READ_ONLY_FILES = "read_only_files"


class ToolSpec(Model):
    """What is known of a tool without running it.

    `touches` tells from checked arguments what a call writes, for comparing it with approved effects; no call is refused by it. A
    tool that writes has it, but for `push_change`, whose effects stand in the change that was consented to.
    """

    name: str
    description: str
    privilege: Privilege
    arguments: type[Model]
    access: AccessLevel = AccessLevel.REPORTER
    is_write: bool = False
    for_agents: bool = True
    touches: Callable[[Any], tuple[Effect, ...]] | None = None

    def for_model(self) -> ToolSchema:
        """Return the tool as a model sees it."""
        schema = self.arguments.model_json_schema()
        schema.pop("description", None)
        return ToolSchema(name=self.name, description=self.description, input_schema=schema)


def check_privilege(spec: ToolSpec, privileges: frozenset[str] | tuple[str, ...]) -> None:
    """Raise Refused if the session may not use tools of this privilege class; a writing class includes its reading one."""
    implied = {
        Privilege.READ_ONLY_GITLAB: Privilege.READ_WRITE_GITLAB,
        Privilege.READ_ONLY_FILES: Privilege.READ_WRITE_FILES,
    }
    if spec.privilege in privileges or implied.get(spec.privilege) in privileges:
        return
    raise Refused(
        f"The tool {spec.name} needs the privilege {spec.privilege}, which this project's policy does not grant to flows.",
        code="missing_privilege",
    )


def check_access(spec: ToolSpec, level: AccessLevel, *, requester: str, project_path: str) -> None:
    """Raise Refused if the requester's own access to the project does not allow what the tool does (S5)."""
    if level >= spec.access:
        return
    raise Refused(
        f"@{requester} has {level.name.capitalize()} access to {project_path}; {spec.name} needs {spec.access.name.capitalize()}. "
        "An agent may do no more than the person it acts for.",
        code="requester_lacks_access",
    )
