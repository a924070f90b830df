"""Keeping the history of a flow for the replay test, when that is asked for."""

import re
from pathlib import Path

from tests.doubles.world import RunningFlow

HISTORIES = Path(__file__).parent / "histories"


async def recorded(flow: RunningFlow, name: str, *, record: bool) -> None:
    """Keep the history of this ending, if that was asked for."""
    if record:
        HISTORIES.mkdir(exist_ok=True)
        history = await flow.handle.fetch_history()
        # Stack traces name the folders of whoever recorded; no replay reads them.
        told = re.sub(r'"stackTrace": "(?:[^"\\]|\\.)*"', '"stackTrace": ""', history.to_json())
        (HISTORIES / f"{name}.json").write_text(told + "\n")
