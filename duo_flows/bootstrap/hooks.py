"""Registering our hook on a project: a new secret, in GitLab and in the folder where the door looks for it."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from duo_flows.adapters.gitlab import GitLabForge

# Standard Webhooks asks for 24 to 64 bytes.
_SECRET_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class ProjectHook:
    """Which project of which GitLab is to send its events where. `project` is a path or a number."""

    gitlab_url: str
    project: str
    hook_url: str


async def register_hook(hook: ProjectHook, *, token: str, secrets_dir: Path) -> int:
    """Return the number of the project that now sends us its events.

    Args:
        hook: from where to where.
        token: of somebody who may manage the project's hooks: a Maintainer.
        secrets_dir: the door's folder of hook secrets.

    Effects: exactly one hook with our address stands on the project, signing with a new secret; the secret stands in a file that
    is named by the project's number and that only this user can read. Safe to repeat.
    """
    forge = GitLabForge(hook.gitlab_url, token)
    project = await forge.project(hook.project)
    signing_token = "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    # The file first: a delivery may arrive before GitLab's answer does.
    await asyncio.to_thread(_write_secret, secrets_dir / str(project.id), signing_token)
    await forge.accept_hooks(project.id, url=hook.hook_url, signing_token=signing_token)
    return project.id


def _write_secret(file: Path, secret: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = file.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(secret + "\n")
    beside.replace(file)
