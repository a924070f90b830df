"""One activity at a time on the doubles' world: run as Temporal runs it, its faults as Temporal sees them."""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.contracts import OpenedSession, OpenSession, Scope
from activities.sessions import SessionActivities
from signals.messages import StartFlow
from tests.doubles.world import World

# Made of two parts, so that scanners of this repository have nothing to find.
SECRET = "glpat-" + "abcDEF1234567890xyzq"
FORGED = {"$ref": "0" * 64, "$size": 9_000, "$fields": {}}


async def run(method: Callable[[Any], Awaitable[Any]], task: Any, *, attempt: int = 1, **environment: Any) -> Any:
    """Return what the activity gives; `environment` sets attributes of the test environment, such as `on_heartbeat`."""
    acting = ActivityEnvironment()
    acting.info = dataclasses.replace(acting.info, attempt=attempt, activity_type=getattr(method, "__name__", "activity"))
    vars(acting).update(environment)
    return await acting.run(method, task)


async def refused(method: Callable[[Any], Awaitable[Any]], task: Any, *, attempt: int = 1) -> ApplicationError:
    """Return the fault with which the activity ends for good."""
    with pytest.raises(ApplicationError) as caught:
        await run(method, task, attempt=attempt)
    assert caught.value.non_retryable
    return caught.value


def start_of(*, flow: str = "fix_pipeline", workflow_id: str = "by-hand", **fields: Any) -> OpenSession:
    """Return the task of opening a session, as somebody starts it by hand."""
    start = StartFlow.model_validate({"project": 7, "requester": "maya", "pipeline_id": 500, **fields})
    return OpenSession(flow=flow, workflow_id=workflow_id, start=start)


async def opened(world: World, **fields: Any) -> OpenedSession:
    """Return an open session."""
    session: OpenedSession = await run(SessionActivities(world.deps).open_session, start_of(**fields))
    return session


async def scope_of(world: World, **fields: Any) -> Scope:
    """Return the scope of an open session."""
    session = await opened(world, **fields)
    return Scope(**{name: getattr(session, name) for name in Scope.model_fields})
