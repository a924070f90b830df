"""What a call of a tool comes to before it is made: its effective arguments, and what flow and policy say to it (F7).

Nothing here asks GitLab; the requester's own access is checked where the call is made.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from duo_flows.domain.errors import Refused
from duo_flows.domain.flow_definition import AgentComponent, Component, DeterministicStepComponent, OneOffComponent
from duo_flows.domain.policy import ProjectPolicy
from duo_flows.domain.tools import (
    READ_TOOL_RESULT,
    TO_COME,
    WAIT_FOR_PIPELINE,
    ToolSpec,
    check_privilege,
    nearest_tools,
    unserved_tool,
)

from .contracts import Scope

# More than these a model puts right in the next call anyway.
_MISFITS_TOLD = 3


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
    if forced is None and uses and tool == READ_TOOL_RESULT:
        return {}
    if forced is None:
        names = ", ".join(use.name for use in uses) or "none"
        raise Refused(
            f"{component.name} has no tool {tool!r}. Its tools are: {names}.{_meant(tool, [use.name for use in uses])}",
            code="not_in_toolset",
        )
    return forced


def _meant(tool: str, names: list[str]) -> str:
    """Return what else the tool may have been meant to be, or why it is not served; empty where nothing can be said."""
    if tool in TO_COME:
        return f" {unserved_tool(tool)}"
    near = nearest_tools(tool, names)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def check_allowed(spec: ToolSpec, scope: Scope, *, by_agent: bool) -> None:
    """Raise Refused if the session's privileges or the project's policy do not let this tool be used, or agents may not at all."""
    if spec.name == WAIT_FOR_PIPELINE or (by_agent and not spec.for_agents):
        raise Refused(f"{spec.name} is not a tool for agents.", code="not_for_agents")
    policy = ProjectPolicy(tools_allow=scope.tools_allow, tools_deny=scope.tools_deny)
    # What it reads on in was allowed when it was read; it can still be denied by name.
    if spec.name == READ_TOOL_RESULT and spec.name not in scope.tools_deny:
        return
    check_privilege(spec, scope.privileges)
    if not policy.is_tool_allowed(spec.name):
        raise Refused(f"The policy of {scope.project_path} does not let flows use {spec.name}.", code="denied_by_policy")


def validated(spec: ToolSpec, arguments: dict[str, Any]) -> Any:
    """Return the arguments in the tool's own form.

    Raises:
        Refused: they do not fit it; the reason names what does not, and the arguments that there are.
    """
    try:
        return spec.arguments.model_validate(arguments)
    except ValidationError as error:
        wrong = "; ".join(_misfit(spec, each) for each in error.errors()[:_MISFITS_TOLD])
        fields = spec.arguments.model_fields
        known = ", ".join(f"{name} (needed)" if field.is_required() else name for name, field in fields.items()) or "none"
        raise Refused(f"{spec.name}: {wrong}. Its arguments are: {known}.", code="bad_arguments") from None


def _misfit(spec: ToolSpec, error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        near = nearest_tools(where, spec.arguments.model_fields)
        return f"there is no argument {where!r}" + (f", did you mean {near[0]}?" if near else "")
    said = error["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
