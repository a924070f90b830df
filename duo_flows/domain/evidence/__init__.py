"""Job-log evidence: from a raw trace to what a model needs within a budget, every line with its original number.

What lives here: cleaning a trace, the tables of failure shapes, what a line is worth, and which lines a budget pays for. What never
does: reading a log from anywhere, secrets (they are taken out of cleaned lines before anything is cut), a clock. A log that fits
passes whole.
"""

from __future__ import annotations

from .budget import DEFAULT_BUDGET
from .excerpt import Excerpt
from .lines import log_lines
from .reduce import reduce_log
from .sections import Section, sections_of
from .views import grep_lines, view_lines

__all__ = ["DEFAULT_BUDGET", "Excerpt", "Section", "grep_lines", "log_lines", "reduce_log", "sections_of", "view_lines"]
