"""The profile of a running `duoflow dev`: its addresses and its people, so that other commands find them by themselves.

The file holds tokens of stand-in people, for the owner of the folder only, and goes when the stack goes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from duo_flows.domain.model import Model

from .failures import CommandError, ExitCode

PROFILE = Path(".duoflow") / "dev.json"


class DevProfile(Model):
    """Where the running stack is, and the tokens by username; `user` is who speaks if nobody is named."""

    api_url: str
    gitlab_url: str
    temporal_address: str
    temporal_ui_url: str
    user: str = ""
    tokens: dict[str, str] = Field(default_factory=dict, repr=False)
    details: dict[str, Any] = Field(default_factory=dict)


def find_profile(start: Path) -> DevProfile | None:
    """Return the profile of the stack started in this folder or one above it."""
    file = next((folder / PROFILE for folder in (start, *start.parents) if (folder / PROFILE).is_file()), None)
    if file is None:
        return None
    try:
        return DevProfile.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        raise CommandError(f"{file} cannot be read; delete it and start `duoflow dev` again.", exit_code=ExitCode.USAGE) from None


def write_profile(folder: Path, profile: DevProfile) -> Path:
    """Write the profile for commands run in this folder, and return its file."""
    file = folder / PROFILE
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(profile.model_dump(mode="json"), opened, indent=2)
        opened.write("\n")
    return file
