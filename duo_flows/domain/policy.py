"""A project's own files: its flows' place, and its policy, which says what flows may do and what starts them unasked (F7).

Pure. A project without a policy file has the operator's default privileges and no triggers. The privileges that a policy names
stand in place of the operator's default; a session still uses no more than its flow asks for and its requester may do.
"""

from __future__ import annotations

from collections.abc import Sequence

from .model import Model

# Where the policy stands. It is read on the default branch only: a branch under work must not loosen its own rules.
POLICY_PATH = ".gitlab/duo/duo-flows.yml"


def project_flow_path(flow: str) -> str:
    """Return where a project keeps a flow of its own; read on the default branch only, like the policy (requirement F3)."""
    return f".gitlab/duo/flows/{flow}.yaml"


class Triggers(Model):
    """What starts a session by itself. Nothing does unless the project says so."""

    failed_pipeline: bool = False


class ProjectPolicy(Model):
    """The policy of one project. None means: not restricted by the project.

    `allow_default_branch` lets tools commit to the default branch, where flows and this policy themselves are read from.
    """

    triggers: Triggers = Triggers()
    privileges: tuple[str, ...] | None = None
    tools_allow: tuple[str, ...] | None = None
    tools_deny: tuple[str, ...] = ()
    allow_default_branch: bool = False

    def privileges_within(self, operators: Sequence[str]) -> tuple[str, ...]:
        """Return the privilege classes that hold here, sorted; `operators` hold where the project names none."""
        return tuple(sorted(set(operators if self.privileges is None else self.privileges)))

    def is_tool_allowed(self, tool: str) -> bool:
        """Tell whether the project lets flows use this tool; what is denied stays denied."""
        return tool not in self.tools_deny and (self.tools_allow is None or tool in self.tools_allow)
