"""What a list of flows says of each: what it does, how large it is, and whether it can run."""

from __future__ import annotations

from .model import Model


class FlowOutline(Model):
    """A flow file in a line. `error` is the first thing that is wrong with it, empty where it can run."""

    description: str = ""
    component_count: int = 0
    error: str = ""
