"""Wiring: settings, logs, which adapter serves which port. The only place that names concrete classes."""
