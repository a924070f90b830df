"""`duoflow dev`: the whole system on this machine, with stand-ins where no real service is named."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import App, Parameter

from duo_flows.bootstrap.embedded.layout import Layout, Story, layout_of
from duo_flows.bootstrap.embedded.ports import Ports, usual_ports
from duo_flows.bootstrap.embedded.stack import Stack

from .failures import CommandError, ExitCode
from .guide import guide
from .output import err, plain, say
from .profile import PROFILE, DevProfile, write_profile
from .scenarios import find_scenario

Result = TypeVar("Result")

_USUAL = Ports()


def add_to(app: App) -> None:
    """Add the commands."""
    app.command(dev)


async def dev(
    *,
    scenario: Path | None = None,
    seed: int | None = None,
    var: Annotated[list[str] | None, Parameter(negative=())] = None,
) -> None:
    """Start everything on this machine and leave it running: Temporal, GitLab and Claude stand-ins, worker, web app.

    Everything begins anew at each start and listens on 127.0.0.1 only. Logs are in `.duoflow/`. A process that is killed is
    started again (but for the GitLab stand-in, which lives in memory). Ctrl-C stops everything.

    With GITLAB_URL and GITLAB_TOKEN set, that GitLab is used in place of the stand-in; with ANTHROPIC_API_KEY, Claude.

    **Examples**

        duoflow dev
        duoflow dev --var variant=network
        ANTHROPIC_API_KEY=sk-... duoflow dev

    Args:
        scenario: Folder of the scenario that the stand-ins play. Default: the built-in `fix_pipeline`.
        seed: Repeats a variation of the scenario.
        var: A variable of the scenario, as NAME=VALUE. May be repeated.
    """
    home = Path.cwd() / PROFILE.parent
    with only_one(home / "dev.lock"):
        layout = layout_of(story_of(scenario, seed=seed, var=var), home=home / "dev", ports=usual_ports(), environment=os.environ)
        _tell_other_ports(layout.ports)
        async with until_told_to_stop() as stop:
            await stop.race(_serve(layout))


def story_of(scenario: Path | None, *, seed: int | None, var: list[str] | None) -> Story:
    """Return which story the options name."""
    wrong = [text for text in var or [] if "=" not in text]
    if wrong:
        raise CommandError(f"--var takes NAME=VALUE, not {wrong[0]!r}.", exit_code=ExitCode.USAGE)
    variables = dict(text.split("=", 1) for text in var or [])
    folder = find_scenario(scenario)
    return Story(folder=folder, variables=variables) if seed is None else Story(folder=folder, seed=seed, variables=variables)


def profile_of(layout: Layout) -> DevProfile:
    """Return what other commands need to know of this stack."""
    is_stand_in = not layout.real_gitlab
    return DevProfile(
        api_url=layout.api_url,
        gitlab_url=layout.gitlab_url,
        temporal_address=layout.temporal_address,
        temporal_ui_url=layout.temporal_ui_url,
        user=layout.cast.developer.username if is_stand_in else "",
        tokens={person.username: person.token for person in layout.cast.people} if is_stand_in else {},
        details={"pid": os.getpid(), "seed": layout.story.seed},
    )


async def _serve(layout: Layout) -> None:
    say(f"Starting in {layout.home} (scenario {layout.story.folder.name}, seed {layout.story.seed}).")
    async with Stack.running(layout, tell=_tell) as stack:
        file = write_profile(Path.cwd(), profile_of(layout))
        try:
            say(await guide(layout))
            await stack.watch()
        finally:
            file.unlink(missing_ok=True)
            say("Stopping everything …")


def _tell(text: str) -> None:
    say(f"  {text}", style="dim")


def _tell_other_ports(ports: Ports) -> None:
    moved = [name for name in Ports.__dataclass_fields__ if getattr(ports, name) != getattr(_USUAL, name)]
    for name in moved:
        err.print(plain(f"Port {getattr(_USUAL, name)} is taken; {name.replace('_', ' ')} is at {getattr(ports, name)}."))


@contextmanager
def only_one(file: Path) -> Iterator[None]:
    """Hold the file's lock: a second stack in one folder would empty the folder of the first.

    Raises:
        CommandError: another process holds it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as opened:
        try:
            # The kernel lets go of it when this process ends, however that happens.
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(
                "A stack already runs from this folder. Stop it first, or use another folder.", exit_code=ExitCode.REFUSED
            ) from None
        yield


class Stop:
    """Lets a piece of work run until it is done or this process is asked to end."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Ask for the end."""
        self._asked.set()

    async def race(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Return the work's result; None if the end was asked for first. Either way the work has cleaned up."""
        task = asyncio.ensure_future(work)
        asked = asyncio.ensure_future(self._asked.wait())
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            return None


@asynccontextmanager
async def until_told_to_stop() -> AsyncIterator[Stop]:
    """Yield what Ctrl-C and SIGTERM ask to end, in place of ending this process at once."""
    loop, stop = asyncio.get_running_loop(), Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.ask)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
