"""The whole embedded stack for one benchmark: every process real, in a folder that is gone afterwards."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from duo_flows.bootstrap.embedded.layout import Layout, Story, layout_of
from duo_flows.bootstrap.embedded.ports import free_ports
from duo_flows.bootstrap.embedded.stack import Stack

SCENARIO = Path(__file__).parents[1] / "simulators" / "scenarios" / "fix_pipeline"


@asynccontextmanager
async def running_stack() -> AsyncIterator[tuple[Layout, Stack]]:
    """Yield the stack once everything is ready."""
    with tempfile.TemporaryDirectory(prefix="duo-flows-bench-") as home:
        # A fixed seed: two measurements differ by the code and the machine, not by the story.
        layout = layout_of(Story(folder=SCENARIO, seed=1), home=Path(home) / "stack", ports=free_ports())
        async with Stack.running(layout, tell=print) as stack:
            yield layout, stack
