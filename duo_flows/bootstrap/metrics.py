"""Metrics of the worker: Temporal's own, served for Prometheus on loopback."""

from __future__ import annotations

from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from .settings import Settings


def temporal_runtime(settings: Settings) -> Runtime | None:
    """Return the runtime whose metrics are served at `http://127.0.0.1:<worker_metrics_port>/metrics`; None if none are wanted.

    Effects: the port is taken for as long as the process lives. A process has one runtime, so this is called once.
    """
    if not settings.worker_metrics_port:
        return None
    prometheus = PrometheusConfig(
        bind_address=f"127.0.0.1:{settings.worker_metrics_port}", unit_suffix=True, durations_as_seconds=True
    )
    return Runtime(telemetry=TelemetryConfig(metrics=prometheus))
