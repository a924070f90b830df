"""What a flow is given at its start: what the caller gives, completed with what we know, and checked against what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH, digest_of
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.flow_inputs import STANDARD_CONTEXT, GivenContext, check_inputs, read_contexts, standard_context
from duo_flows.domain.people import Person, Project
from duo_flows.domain.sessions import as_summary
from signals.messages import StartFlow

from .contracts import OpenSession
from .deps import Deps
from .starting_points import StartingPoint

# How GitLab names branches that nobody has named yet.
_WORKLOAD_PREFIX = "workloads/"


def checked_inputs(definition: FlowDefinition, start: StartFlow, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands at `context:inputs`, by category. What we know ourselves is not believed otherwise of anybody.

    Raises:
        NeverAgain: it is not what the flow asks for; the reason names categories and fields.
    """
    items = ((item.Category, item.Content, item.Metadata) for item in start.additional_context)
    given = read_contexts(items)
    given.pop(STANDARD_CONTEXT, None)
    for category, fields in known.items():
        given[category] = _completed(given.get(category, GivenContext(content={})), fields)
    check_inputs(definition.flow.inputs, given)
    return {category: one.content for category, one in given.items()}


def _completed(given: GivenContext, fields: Any) -> GivenContext:
    if not isinstance(given.content, Mapping):
        return given.model_copy(update={"content": fields})
    return given.model_copy(update={"content": {**given.content, **fields}})


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What is known of a run that is being opened."""

    task: OpenSession
    start: StartFlow
    definition: FlowDefinition
    requester: Person
    project: Project
    point: StartingPoint


async def known_inputs(deps: Deps, beginning: Beginning) -> dict[str, Any]:
    """Return what we know by ourselves: pipeline, merge request and branch, GitLab's envelope, and the run before this one."""
    project, point = beginning.project, beginning.point
    envelope = {
        "primary_branch": project.default_branch,
        "workload_branch": point.branch or f"{_WORKLOAD_PREFIX}{digest_of(beginning.task.workflow_id)[:DIGEST_PREFIX_LENGTH]}",
        "session_owner_id": beginning.requester.id,
        "service_account_name": deps.account.username,
        "project_id": project.id,
    }
    standard = standard_context(beginning.definition.flow.inputs, envelope)
    previous = await _previous_run(deps, beginning.start)
    return {
        **point.inputs(),
        **({STANDARD_CONTEXT: standard} if standard else {}),
        **({"previous_run": previous} if previous else {}),
    }


async def _previous_run(deps: Deps, start: StartFlow) -> dict[str, Any] | None:
    """Return number, ending and summary of the run before, for a flow that wants to do better than that."""
    if start.run == 1:
        return None
    number = start.run - 1
    endings = await deps.sessions.lines(start.session_id, key=f"run{number}/ending")
    line = next(iter(endings), None)
    told = {"ending": str(line.data.get("ending", "")), "summary": as_summary(line.text)} if line else {"ending": "", "summary": ""}
    return {"number": number, **told}
