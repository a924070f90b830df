"""Diagnoses: what an agent found out about a failed pipeline, and whether it is enough to propose a change."""

from __future__ import annotations

from enum import StrEnum

from .changes import Edit, NewFile
from .model import Model


class ProposalOutcome(StrEnum):
    """What comes of a diagnosis. `invalid` goes back to the agent; after too many in a row it is `unusable`."""

    PROPOSED = "proposed"
    NOT_FIXABLE = "not_fixable"
    LOW_CONFIDENCE = "low_confidence"
    INVALID = "invalid"
    UNUSABLE = "unusable"


class Evidence(Model):
    """One line of a job's log, as the tool gave it."""

    job: str
    line: int
    text: str


class Diagnosis(Model):
    """An agent's structured diagnosis: what is wrong, why it thinks so, and what it would change.

    `evidence` quotes the log: job, line number and text. `edits` quote the files as they stand.
    """

    decision: str
    category: str = "unknown"
    confidence: str = "low"
    title: str = ""
    root_cause: str = ""
    evidence: tuple[Evidence, ...] = ()
    explanation: str = ""
    edits: tuple[Edit, ...] = ()
    new_files: tuple[NewFile, ...] = ()


def outcome_without_change(diagnosis: Diagnosis) -> ProposalOutcome | None:
    """Return why no change comes of a diagnosis; None if one does."""
    if diagnosis.decision != "propose" or not (diagnosis.edits or diagnosis.new_files):
        return ProposalOutcome.NOT_FIXABLE
    return None if diagnosis.confidence == "high" else ProposalOutcome.LOW_CONFIDENCE


def outcome_of_misfit(*, tries: int, max_tries: int) -> ProposalOutcome:
    """Return what comes of edits that do not fit the files; `tries` counts those in a row, this one included."""
    return ProposalOutcome.INVALID if tries < max_tries else ProposalOutcome.UNUSABLE
