"""The command `duoflow demo`: brings the stack up, plays the journey, and ends 0 only if the new pipeline really is green."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from duo_flows.bootstrap.embedded.layout import Layout, layout_of
from duo_flows.bootstrap.embedded.ports import free_ports
from duo_flows.bootstrap.embedded.stack import Stack
from duo_flows.cli.answering import read_line
from duo_flows.cli.client import Api
from duo_flows.cli.dev import only_one, profile_of, story_of, until_told_to_stop
from duo_flows.cli.failures import ExitCode
from duo_flows.cli.guide import guide
from duo_flows.cli.observer import Observer
from duo_flows.cli.output import is_terminal, say
from duo_flows.cli.profile import PROFILE, write_profile

from .doors import DoorName
from .play import Play


def add_to(app: App) -> None:
    """Add the command."""
    app.command(demo)


async def demo(
    *,
    scenario: Path | None = None,
    seed: int | None = None,
    var: list[str] | None = None,
    door: DoorName = DoorName.API,
    keep: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Play the first journey on real Temporal, with stand-ins for GitLab and Claude, and tell it as a story.

    A pipeline fails; its developer asks for a fix; the agent reads, explains and proposes; one person consents; the change is
    pushed and the new pipeline passes. On a terminal you are the developer and decide; otherwise the demonstration says yes.

    The exit code is 0 only if the commit stands in GitLab and its own pipeline passed.

    **Examples**

        duoflow demo
        duoflow demo --door comment --keep
        duoflow demo --var variant=second_try

    Args:
        scenario: Folder or name of the scenario that the stand-ins play; the built-in `fix_pipeline` if not said.
        seed: Repeats a variation of the scenario.
        var: A variable of the scenario, as NAME=VALUE. May be repeated.
        door: How the developer asks and answers: api, comment (in GitLab) or cli.
        keep: Leave everything running afterwards, to look at and play with.
    """
    story = story_of(scenario, seed=seed, var=var)
    async with AsyncExitStack() as exits:
        home = (
            Path.cwd() / PROFILE.parent
            if keep
            else Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="duo-flows-demo-")))
        )
        exits.enter_context(only_one(home / "demo.lock"))
        layout = layout_of(story, home=home / "demo", ports=free_ports())
        stop = await exits.enter_async_context(until_told_to_stop())
        result = await stop.race(_perform(layout, door, keep=keep))
    return ExitCode.INTERRUPTED if result is None else result


async def _perform(layout: Layout, door: DoorName, *, keep: bool) -> int:
    say(f"Setting up: Temporal, GitLab and Claude stand-ins, web app, worker (seed {layout.story.seed}).", style="dim")
    async with Stack.running(layout, tell=lambda text: say(f"  {text}", style="dim")) as stack:
        watching = asyncio.ensure_future(stack.watch())
        telling = asyncio.ensure_future(_tell_story(layout, door))
        try:
            # What cannot be started again ends the story with its reason.
            await asyncio.wait({watching, telling}, return_when=asyncio.FIRST_COMPLETED)
            result = await (telling if telling.done() else watching)
            # The story is over and its result stands, however the looking around ends.
            with suppress(asyncio.CancelledError):
                await (_stay(layout, stack) if keep else _pause())
            return result or ExitCode.OK
        finally:
            for task in (watching, telling):
                task.cancel()
            await asyncio.gather(watching, telling, return_exceptions=True)


async def _tell_story(layout: Layout, door: DoorName) -> int:
    developer = layout.cast.developer
    async with (
        Api(layout.api_url, developer.token) as api,
        Observer(layout.gitlab_url, developer.token, project=layout.cast.projects[0]) as gitlab,
    ):
        return await Play(layout, api, gitlab, door=door).perform()


async def _pause() -> None:
    """Let a person look at the links before everything stops."""
    if is_terminal():
        await read_line("\nEverything still runs. Enter stops it: ")
    else:
        say("\nEverything stops now; with --keep it would go on running.", style="dim")


async def _stay(layout: Layout, stack: Stack) -> None:
    file = write_profile(Path.cwd(), profile_of(layout))
    try:
        say(await guide(layout))
        await stack.watch()
    finally:
        file.unlink(missing_ok=True)
