"""Flow files: YAML with positions, Jinja2 in a sandbox. The only place that knows how a flow is written down."""

from __future__ import annotations

from .catalogue import CatalogueFlows
from .loader import CheckedFlow, check_flow, load_flow
from .problems import FlowProblem, InvalidFlow
from .templates import InvalidTemplate, render

__all__ = [
    "CatalogueFlows",
    "CheckedFlow",
    "FlowProblem",
    "InvalidFlow",
    "InvalidTemplate",
    "check_flow",
    "load_flow",
    "render",
]
