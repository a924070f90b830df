"""Errands: what is done beside the walk, such as telling GitLab. A run neither ends nor continues as new before they are done."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Errands:
    """Tasks beside the walk, in the order in which they were started."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, errand: Coroutine[Any, Any, None]) -> None:
        """Let something be done beside the walk."""
        self._tasks.append(asyncio.create_task(errand))

    @property
    def are_done(self) -> bool:
        """Tell whether nothing is under way beside the walk."""
        self._tasks = [task for task in self._tasks if not task.done()]
        return not self._tasks
