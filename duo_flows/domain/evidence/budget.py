"""How much of a log a model is given."""

from __future__ import annotations

# 12,000 tokens at four characters each (requirement P5).
DEFAULT_BUDGET = 48_000
