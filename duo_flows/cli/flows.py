"""`duoflow flows`: what can be started."""

from __future__ import annotations

from cyclopts import App

from . import views
from .output import out, plain, print_json
from .reach import Reach


def add_to(app: App) -> None:
    """Add the commands."""
    flows = App(name="flows", help="Flows: what sessions execute.")
    flows.command(list_flows, name="list")
    flows.command(show)
    app.command(flows)


async def list_flows(*, reach: Reach | None = None) -> None:
    """List the built-in flows."""
    reach = reach or Reach()
    async with reach.open() as api:
        found = await api.flows()
    print_json(found) if reach.json else out.print(views.flow_table(found))


async def show(name: str, /, *, reach: Reach | None = None) -> None:
    """Print a built-in flow's file, to read it or to make one's own of it.

    Args:
        name: The flow's name.
        reach: how duo-flows is reached, and as whom.
    """
    reach = reach or Reach()
    async with reach.open() as api:
        found = await api.flow(name)
    print_json(found) if reach.json else out.file.write(plain(found["text"]))
