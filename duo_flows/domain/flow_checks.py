"""What is wrong with a definition whose parts are right by themselves, what its author may want to look at, and what is not served.

Pure, and without lines: a finding says at which path of the definition it is, and whoever read the file knows the line. The rules
themselves are in `flow_rules`. A flow that GitLab accepts is not refused here for what GitLab lets pass: that is a warning.
"""

from __future__ import annotations

from collections.abc import Collection

from .flow_definition import FlowDefinition
from .flow_rules.advice import advice
from .flow_rules.findings import Finding, Path
from .flow_rules.index import FlowIndex
from .flow_rules.limits import formats, limits
from .flow_rules.order import questions, supervisors
from .flow_rules.routes import routes
from .flow_rules.structure import custom_limits, structure
from .flow_rules.tools import tools
from .flow_rules.values import readings
from .flow_rules.without_effect import without_effect

__all__ = ["Finding", "Path", "findings_of", "warnings_of"]


def findings_of(definition: FlowDefinition, *, is_custom: bool) -> tuple[Finding, ...]:
    """Return everything that is wrong with a definition whose parts are right by themselves; empty where it can run."""
    index = FlowIndex(definition)
    found = [
        *structure(index),
        *(reading.finding for reading in readings(index) if reading.is_error),
        *tools(index),
        *routes(index),
        *supervisors(index),
        *questions(index),
        *limits(index),
    ]
    return (*found, *(custom_limits(index) if is_custom else ()))


def warnings_of(definition: FlowDefinition, *, privileges: Collection[str]) -> tuple[Finding, ...]:
    """Return what runs and is probably not meant, of a definition without findings.

    Args:
        definition: what a file states.
        privileges: the privilege classes that a project without a policy of its own grants.
    """
    index = FlowIndex(definition)
    soft = (reading.finding for reading in readings(index) if not reading.is_error)
    return (*soft, *advice(index, privileges=privileges), *formats(index), *without_effect(index))
