"""Claude: serves the port `Planner`. The only place that knows Anthropic's API and its client library."""

from __future__ import annotations

from .planner import ClaudePlanner
from .prices import PRICES, ModelPrice, known_name

__all__ = ["PRICES", "ClaudePlanner", "ModelPrice", "known_name"]
