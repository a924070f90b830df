"""The measure of reduced logs: which of a log's marked signals a text preserves (tests/data/ci-logs/README.md)."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

LOGS = Path(__file__).parents[1] / "tests" / "data" / "ci-logs"


@dataclass(frozen=True)
class Case:
    """A log of the corpus and what it has to keep."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @cached_property
    def raw(self) -> bytes:
        return gzip.decompress((self.folder / "raw.log.gz").read_bytes())

    @cached_property
    def critical_signals(self) -> list[dict[str, Any]]:
        truth = json.loads((self.folder / "ground_truth.json").read_text(encoding="utf-8"))
        return [signal for signal in truth["required_signals"] if signal["importance"] == "critical"]

    def recall_by_text(self, text: str) -> float:
        """Return the share of critical signals whose text is in the text."""
        kept = [any(probe in text for probe in _probes(signal)) for signal in self.critical_signals]
        return sum(kept) / len(kept)

    def recall_by_lines(self, ranges: Sequence[tuple[int, int]]) -> float:
        """Return the share of critical signals all of whose lines lie in the ranges."""
        included = {number for first, last in ranges for number in range(first, last + 1)}
        kept = [
            all(included.issuperset(range(first, last + 1)) for first, last in signal["evidence_lines"])
            for signal in self.critical_signals
        ]
        return sum(kept) / len(kept)

    def missed_by_text(self, text: str) -> list[str]:
        """Return the critical signals that the text has lost."""
        return [
            str(signal.get("value") or signal.get("file"))
            for signal in self.critical_signals
            if not any(probe in text for probe in _probes(signal))
        ]


def cases() -> list[Case]:
    """Return the corpus."""
    return [Case(path.parent) for path in sorted(LOGS.glob("*/case.json"))]


def _probes(signal: dict[str, Any]) -> Iterator[str]:
    for probe in (signal.get("value"), *(signal.get("aliases") or []), signal.get("file")):
        if probe and probe.strip():
            yield probe.strip()
