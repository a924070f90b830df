"""How a command reaches the API, and as whom: options, environment, and the profile of a running `duoflow dev`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from .client import Api
from .failures import CommandError, ExitCode
from .profile import DevProfile, find_profile

DEFAULT_API_URL = "http://127.0.0.1:8080"
_GROUP = Group("Reaching duo-flows", sort_key=90)


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, kw_only=True)
class Reach:
    """The options that every command has."""

    api: Annotated[
        str, Parameter(help="duo-flows' address. [env: DUOFLOWS_API_URL; default: http://127.0.0.1:8080]", show_default=False)
    ] = ""
    token: Annotated[
        str, Parameter(help="Your GitLab token; better in the environment, where `ps` does not show it. [env: GITLAB_TOKEN]")
    ] = ""
    speaker: Annotated[str, Parameter(name="--as", help="A person of the running `duoflow dev`, such as maya.")] = ""
    json: Annotated[bool, Parameter(negative=(), help="Print JSON for programs.")] = False

    def open(self) -> Api:
        """Return the API to talk to.

        Raises:
            CommandError: nobody is named who speaks, or two are.
        """
        address = self.api or os.environ.get("DUOFLOWS_API_URL", "")
        profile = None if address else find_profile(Path.cwd())
        if profile is None:
            return Api(address or DEFAULT_API_URL, self._own_token())
        # A token of the environment is never sent to an address that a file in the folder names.
        return Api(profile.api_url, self.token or _token_of(profile, self.speaker or profile.user))

    def _own_token(self) -> str:
        if self.speaker:
            raise CommandError(
                "--as speaks for the people of a running `duoflow dev`, and none is running in this folder.",
                exit_code=ExitCode.USAGE,
            )
        token = self.token or os.environ.get("GITLAB_TOKEN", "")
        if not token:
            raise CommandError(
                "Say who you are: set GITLAB_TOKEN to your GitLab token (scope `api` or `read_user`). "
                "To play without a GitLab, run `duoflow dev` in this folder first.",
                exit_code=ExitCode.USAGE,
            )
        return token


def _token_of(profile: DevProfile, username: str) -> str:
    if not profile.tokens:
        raise CommandError(
            f"The running stack uses a real GitLab: set DUOFLOWS_API_URL={profile.api_url} and GITLAB_TOKEN to your own token.",
            exit_code=ExitCode.USAGE,
        )
    if username not in profile.tokens:
        raise CommandError(
            f"The running stack knows no {username}; it knows {', '.join(sorted(profile.tokens))}.", exit_code=ExitCode.USAGE
        )
    return profile.tokens[username]
