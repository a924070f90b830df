"""The door's own counters. Labels take words from fixed lists only: nothing that a caller sends ever becomes a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, PlatformCollector, ProcessCollector, generate_latest


class DoorMetrics:
    """Counters of one door."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self.hooks = Counter("duoflow_hooks", "Hooks received, by result.", ["result"], registry=self._registry)
        self.dispatches = Counter("duoflow_dispatches", "Deliveries worked on, by outcome.", ["outcome"], registry=self._registry)
        self.refusals = Counter("duoflow_api_refusals", "API calls refused, by status.", ["status"], registry=self._registry)

    def exposition(self) -> bytes:
        """Return all counters in Prometheus' text form."""
        return generate_latest(self._registry)
