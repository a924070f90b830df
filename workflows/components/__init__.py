"""One module for each component type: how a run passes through it, and what it leaves in the context."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_definition import (
    AgentComponent,
    Component,
    DeterministicStepComponent,
    HumanInputComponent,
    OneOffComponent,
)
from workflows.session_run import SessionRun

from .agent import run_agent
from .deterministic_step import run_deterministic_step
from .human_input import run_human_input
from .one_off import run_one_off

_PASSAGES: dict[type, Callable[[SessionRun, Any], Awaitable[None]]] = {
    AgentComponent: run_agent,
    DeterministicStepComponent: run_deterministic_step,
    HumanInputComponent: run_human_input,
    OneOffComponent: run_one_off,
}


async def run_component(run: SessionRun, component: Component) -> None:
    """Pass through a component; its outputs are in the context afterwards.

    Raises:
        NeverAgain: this type of component cannot be run.
        EndRun: the run ends here.
        ContinueAsNew: the run goes on in a new history, in this component.
    """
    passage = _PASSAGES.get(type(component))
    if passage is None:
        raise NeverAgain(f"{component.name!r} is a {component.type}, which cannot be run.", code="invalid_definition")
    await passage(run, component)
