"""What may be written down of a fault that was met behind the door."""

from __future__ import annotations

import traceback

from duo_flows.domain.errors import DuoFlowsError


def fault_text(fault: Exception) -> str:
    """Return what a fault is: our own words, or where one that is not ours arose.

    The text of a fault that is not ours could hold anything, a comment or a token too, so it is left out.
    """
    if isinstance(fault, DuoFlowsError):
        return str(fault)
    frames = traceback.extract_tb(fault.__traceback__)
    place = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(fault).__name__}{place}"
