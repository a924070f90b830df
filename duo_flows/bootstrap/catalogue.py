"""Where the built-in flows are: beside the checkout's packages, or inside the installed one."""

from __future__ import annotations

from pathlib import Path

import duo_flows

from .settings import Settings


def catalogue_dir(settings: Settings) -> Path:
    """Return the folder of flow definitions that this installation offers."""
    if settings.flows_dir is not None:
        return settings.flows_dir
    package = Path(duo_flows.__file__).parent
    installed = package / "catalogue"
    return installed if installed.is_dir() else package.parent / "flows"
