"""One git command at a time, in an environment that holds nothing but what is named here.

The law of this module: no configuration, hook, credential helper or prompt of the machine takes part; the token travels in an
environment variable, never in arguments, files or what is reported. Needs git 2.31 for GIT_CONFIG_COUNT.
"""

from __future__ import annotations

import asyncio
import base64
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from duo_flows.domain.errors import NeverAgain, TryAgain

# What git may know of the machine: where programs, certificates and the way out are.
_KEPT_VARIABLES = (
    "PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
)

REMOTE = "forge"


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and both of its outputs."""

    code: int
    out: bytes
    err: str

    @property
    def is_good(self) -> bool:
        """Tell whether the command succeeded."""
        return self.code == 0

    @property
    def text(self) -> str:
        """Return the standard output as one stripped text."""
        return self.out.decode("utf-8", "replace").strip()


@dataclass(frozen=True)
class Git:
    """git in one bare repository, with one remote.

    Args:
        directory: the repository, or where one will be made.
        environment: the whole environment of every command.
        timeout: seconds that one command may take.
    """

    directory: Path
    environment: Mapping[str, str]
    timeout: float

    async def run(self, *arguments: str, stdin: bytes = b"") -> Outcome:
        """Return what the command left, whether it succeeded or not.

        Raises:
            TryAgain: it took longer than the timeout; it has been killed with everything that it started.
            NeverAgain: there is no git.
        """
        process = await self._started(*arguments)
        try:
            async with asyncio.timeout(self.timeout):
                out, err = await process.communicate(stdin)
        except TimeoutError:
            raise TryAgain(f"git {arguments[0]} took longer than {self.timeout:.0f} seconds.") from None
        finally:
            await _end(process)
        return Outcome(code=process.returncode or 0, out=out, err=err.decode("utf-8", "replace"))

    async def _started(self, *arguments: str) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                "git",
                *arguments,
                cwd=self.directory,
                env=dict(self.environment),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                # A group of its own, since git's helper for http outlives a git that is killed alone.
                start_new_session=True,
            )
        except FileNotFoundError:
            raise NeverAgain("git is not installed here; install git 2.31 or later.", code="no_git") from None

    async def local(self, *arguments: str, stdin: bytes = b"") -> Outcome:
        """Return what a command left that reaches nobody and can only fail by a fault of ours.

        Raises:
            NeverAgain: it failed.
        """
        outcome = await self.run(*arguments, stdin=stdin)
        if not outcome.is_good:
            reason = outcome.err.strip().splitlines()[:1]
            raise NeverAgain(f"git {arguments[0]} failed: {''.join(reason)[:300]}", code="git_failed")
        return outcome


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def environment_for(directory: Path, *, clone_url: str, token: str) -> dict[str, str]:
    """Return the environment in which git speaks to one project as the service account.

    The header is bound to the clone URL's scheme, host and port, and no redirect is followed, so that no other host is told.

    Raises:
        NeverAgain: the clone URL is not http(s), or has a user or password in it.
    """
    parts = urlsplit(clone_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise NeverAgain("The project's clone URL must be http or https, without a user in it.", code="bad_clone_url")
    basic = base64.b64encode(f"oauth2:{token}".encode()).decode()
    settings = {
        "core.hooksPath": os.devnull,
        "credential.helper": "",
        "gc.auto": "0",
        "http.followRedirects": "false",
        # A connection that gives less than a byte a second for a minute is dead.
        "http.lowSpeedLimit": "1",
        "http.lowSpeedTime": "60",
        "protocol.version": "2",
        f"http.{parts.scheme}://{parts.netloc}/.extraHeader": f"Authorization: Basic {basic}",
        f"remote.{REMOTE}.url": clone_url,
    }
    return {
        **{name: value for name in _KEPT_VARIABLES if (value := os.environ.get(name)) is not None},
        "HOME": str(directory),
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "http:https",
        "GIT_LITERAL_PATHSPECS": "1",
        **_as_variables(settings),
    }


def _as_variables(settings: Mapping[str, str]) -> dict[str, str]:
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables
