"""Flow files for processes that have no services open: looked at where they lie, without any server."""

from __future__ import annotations

import re
from typing import Any

from duo_flows.adapters.flow_file import CheckedFlow, FlowProblem, check_flow
from duo_flows.adapters.flow_file.positions import LINE_ENDS, MAX_CHARACTERS

from .settings import Settings

__all__ = ["MAX_BYTES", "CheckedFlow", "FlowProblem", "lines_of", "look_at"]

# No character of UTF-8 has more bytes; a larger file is refused whatever it holds, so no more of it needs to be read.
MAX_BYTES = 4 * MAX_CHARACTERS


def look_at(data: bytes, *, is_custom: bool) -> CheckedFlow:
    """Return what is to be said about a flow file, with the privileges that an operator grants who changes nothing."""
    default: Any = Settings.model_fields["default_privileges"].get_default()
    return check_flow(data, is_custom=is_custom, privileges=default)


def lines_of(data: bytes) -> list[str]:
    """Return a file's lines as problems count them."""
    return re.split(LINE_ENDS, data.decode("utf-8", "replace"))
