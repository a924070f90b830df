"""What each tool does. One module for each kind; `TOOLBOX` pairs the names of `duo_flows.domain.tools` with them."""

from __future__ import annotations

from .calls import Place, ToolCallContext, ToolOutput
from .toolbox import TOOLBOX, Tool

__all__ = ["TOOLBOX", "Place", "Tool", "ToolCallContext", "ToolOutput"]
