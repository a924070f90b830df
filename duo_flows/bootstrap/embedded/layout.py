"""The layout of one stack: what runs, what stands in for what, where it listens, where it keeps its files.

Values only; `plans` makes command lines of it and `stack` runs them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .children import StackError
from .ports import LOOPBACK, Ports
from .scenario import Cast, read_cast

_SEED_BITS = 32


@dataclass(frozen=True, kw_only=True)
class Story:
    """A scenario's folder and which of its variations is played: drawn by `seed`, with these variables set instead of drawn."""

    folder: Path
    seed: int = field(default_factory=lambda: secrets.randbits(_SEED_BITS))
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One stack. `real_gitlab` and `real_claude` are set where the environment names the real services."""

    home: Path
    ports: Ports
    story: Story
    cast: Cast
    real_gitlab: Mapping[str, str] = field(default_factory=dict)
    real_claude: Mapping[str, str] = field(default_factory=dict)
    signing_key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    is_reachable_by_hand: bool = True

    @property
    def temporal_address(self) -> str:
        """Where Temporal's frontend listens."""
        return f"{LOOPBACK}:{self.ports.temporal}"

    @property
    def temporal_ui_url(self) -> str:
        """Where people open the Temporal UI."""
        return _url(self.ports.temporal_ui)

    @property
    def gitlab_url(self) -> str:
        """GitLab's address, the real one's or the stand-in's."""
        return self.real_gitlab.get("GITLAB_URL") or _url(self.ports.gitlab)

    @property
    def claude_url(self) -> str:
        """The Claude stand-in's address; empty with the real one."""
        return "" if self.real_claude else _url(self.ports.claude)

    @property
    def api_url(self) -> str:
        """Our own address."""
        return _url(self.ports.web)

    @property
    def hook_url(self) -> str:
        """Where GitLab sends its hooks."""
        return f"{self.api_url}/hooks/gitlab"

    @property
    def hook_secrets_dir(self) -> Path:
        """The folder with each project's hook secret."""
        return self.home / "hook-secrets"


def layout_of(story: Story, *, home: Path, ports: Ports, environment: Mapping[str, str] | None = None) -> Layout:
    """Return the layout of a stack.

    Args:
        story: what the stand-ins play.
        home: folder for logs and data.
        ports: where to listen.
        environment: where real services are named; None: none are used.

    Raises:
        StackError: the scenario cannot be used, or a real service is half configured.
    """
    named = environment or {}
    return Layout(
        # Absolute, because it goes into the environment of processes that may stand elsewhere.
        home=home.resolve(),
        ports=ports,
        story=story,
        cast=read_cast(story.folder),
        real_gitlab=_real_gitlab(named),
        real_claude=_real_claude(named),
    )


def _real_gitlab(environment: Mapping[str, str]) -> Mapping[str, str]:
    named = {name: environment.get(f"DUOFLOWS_{name}") or environment.get(name, "") for name in ("GITLAB_URL", "GITLAB_TOKEN")}
    if not named["GITLAB_URL"]:
        return {}  # a token alone is somebody's shell set up for another tool
    if not named["GITLAB_TOKEN"]:
        raise StackError("GITLAB_URL is set, but GITLAB_TOKEN is not: set it to the service account's token, or unset GITLAB_URL.")
    return named


def _real_claude(environment: Mapping[str, str]) -> Mapping[str, str]:
    names = ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL")
    named = {name: environment.get(f"DUOFLOWS_{name}") or environment.get(name, "") for name in names}
    return {name: value for name, value in named.items() if value} if named["ANTHROPIC_API_KEY"] else {}


def base_environment() -> dict[str, str]:
    """Return this process's environment without what names services and their secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("DUOFLOWS_", "GITLAB_", "ANTHROPIC_"))}


def own_settings() -> dict[str, str]:
    """Return the `DUOFLOWS_…` variables of this process, which our own processes take over."""
    return {name: value for name, value in os.environ.items() if name.startswith("DUOFLOWS_")}


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
