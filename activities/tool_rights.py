"""What a call of a tool comes to before it is made: its effective arguments, and what flow and policy say to it (F7).

Nothing here asks GitLab; the requester's own access is checked where the call is made.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from duo_flows.domain.errors import Refused
from duo_flows.domain.flow_definition import AgentComponent, Component, DeterministicStepComponent, OneOffComponent
from duo_flows.domain.policy import ProjectPolicy
from duo_flows.domain.tools import WAIT_FOR_PIPELINE, ToolSpec, check_privilege

from .contracts import Scope


def effective_arguments(component: Component, tool: str, given: Any) -> dict[str, Any]:
    """Return the arguments with which the component calls the tool: what the flow forces wins.

    Raises:
        Refused: the component does not have the tool, or the arguments have no names.
    """
    forced = _forced(component, tool)
    if not isinstance(given, dict):
        raise Refused(f"{tool} takes named arguments.", code="bad_arguments")
    return {**given, **forced}


def _forced(component: Component, tool: str) -> dict[str, Any]:
    uses = component.toolset if isinstance(component, AgentComponent | OneOffComponent | DeterministicStepComponent) else ()
    forced = next((use.forced for use in uses if use.name == tool), None)
    if forced is None and isinstance(component, DeterministicStepComponent) and component.tool_name == tool:
        return {}
    if forced is None:
        names = ", ".join(use.name for use in uses) or "none"
        raise Refused(f"{component.name} has no tool {tool!r}. Its tools are: {names}.", code="not_in_toolset")
    return forced


def check_allowed(spec: ToolSpec, scope: Scope, *, by_agent: bool) -> None:
    """Raise Refused if the session's privileges or the project's policy do not let this tool be used, or agents may not at all."""
    if spec.name == WAIT_FOR_PIPELINE or (by_agent and not spec.for_agents):
        raise Refused(f"{spec.name} is not a tool for agents.", code="not_for_agents")
    check_privilege(spec, scope.privileges)
    policy = ProjectPolicy(tools_allow=scope.tools_allow, tools_deny=scope.tools_deny)
    if not policy.is_tool_allowed(spec.name):
        raise Refused(f"The policy of {scope.project_path} does not let flows use {spec.name}.", code="denied_by_policy")


def validated(spec: ToolSpec, arguments: dict[str, Any]) -> Any:
    """Return the arguments in the tool's own form.

    Raises:
        Refused: they do not fit it; the reason names the first that does not.
    """
    try:
        return spec.arguments.model_validate(arguments)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "arguments"
        raise Refused(f"{spec.name}: {where}: {first['msg']}.", code="bad_arguments") from None
