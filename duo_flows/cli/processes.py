"""`duoflow worker`, `web`, `migrate`, `settings`, `version`, `hooks add`: the processes of an installation, by short names."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version as version_of
from typing import Annotated

from cyclopts import App, Parameter
from pydantic import ValidationError

from duo_flows.bootstrap.settings import Settings, faults_of
from duo_flows.domain.errors import DuoFlowsError, NotFound, TryAgain

from .failures import CommandError, ExitCode
from .output import print_json, say


def add_to(app: App) -> None:
    """Add the commands."""
    for command in (worker, web, migrate, settings, version):
        app.command(command)
    hooks = App(name="hooks", help="GitLab's hooks, which tell duo-flows what happens.")
    hooks.command(add_hook, name="add")
    app.command(hooks)


def worker() -> None:
    """Run the worker of an installation: it executes the flows.

    Settings come from the environment (docs/settings.md). Ctrl-C or SIGTERM hands back what it is doing and ends it.
    """
    _become("workers")


def web() -> None:
    """Run the web app of an installation: API and hooks.

    Settings come from the environment (docs/settings.md). It migrates the database when it starts.
    """
    _become("duo_flows.web")


async def migrate() -> None:
    """Bring the database of DUOFLOWS_DATABASE_URL to this version. Safe to repeat."""
    from duo_flows.bootstrap.services import prepare_store

    try:
        await prepare_store(settings_of_process())
    except DuoFlowsError as error:
        raise failure_of(error) from None
    say("The database is at this version.")


async def add_hook(
    project: str,
    /,
    *,
    maintainer_token: Annotated[str, Parameter(env_var="GITLAB_MAINTAINER_TOKEN", show_default=False)],
) -> None:
    """Register our hook on a GitLab project, with a new secret.

    Run it where the web app runs: the secret goes into its folder DUOFLOWS_HOOK_SECRETS_DIR. Repeating it changes the secret.

    Args:
        project: Number or full path.
        maintainer_token: A Maintainer's GitLab token. It is used once and not kept.
    """
    from duo_flows.bootstrap.hooks import ProjectHook, register_hook

    chosen = settings_of_process()
    hook = ProjectHook(gitlab_url=chosen.gitlab_url, project=project, hook_url=f"{chosen.public_url.rstrip('/')}/hooks/gitlab")
    try:
        number = await register_hook(hook, token=maintainer_token, secrets_dir=chosen.hook_secrets_dir)
    except DuoFlowsError as error:
        raise failure_of(error) from None
    say(f"Project {project} (number {number}) now sends its events to {hook.hook_url}.")


def settings() -> None:
    """Print every setting with its default and its meaning, as in docs/settings.md."""
    from duo_flows.bootstrap.settings_table import settings_table

    say(settings_table())


def version(*, json: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Tell the versions of duo-flows and of what it stands on.

    Args:
        json: Print JSON for programs.
    """
    versions = {
        "python": platform.python_version(),
        **{name: version_of(name) for name in ("duo-flows", "temporalio", "python-gitlab", "anthropic")},
    }
    if json:
        print_json(versions)
        return
    for name, number in versions.items():
        say(f"{name:14} {number}")


def _become(module: str) -> None:
    """Replace this process by `python -m module`, so that signals and exit code are the module's own."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606 - our own interpreter and module


def settings_of_process() -> Settings:
    """Return the settings of the processes, or say what is wrong with them."""
    try:
        return Settings()
    except ValidationError as error:
        raise CommandError("\n".join(faults_of(error)), exit_code=ExitCode.USAGE) from None


def failure_of(error: DuoFlowsError) -> CommandError:
    """Return how a command ends that met this error."""
    match error:
        case NotFound():
            return CommandError(str(error), exit_code=ExitCode.NOT_FOUND)
        case TryAgain():
            return CommandError(str(error), exit_code=ExitCode.UNREACHABLE)
        case _:
            return CommandError(str(error), exit_code=ExitCode.REFUSED)
