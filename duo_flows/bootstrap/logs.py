"""Logs: one form for our lines and those of every library, with the session they are about and without secrets.

Loggers are the standard library's, so that libraries join in by themselves; structlog gives them their form. Nothing here decides
what is logged; whoever logs keeps prompts and message bodies out.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow

from duo_flows.domain.redaction import redact
from duo_flows.domain.sessions import SESSION_WORKFLOW_PREFIX

from .settings import Settings

HIDDEN = "[hidden]"
# Shorter values are words such as "x" that would blacken half of every line.
_SHORTEST_SECRET = 6
# These tell every request or pool check-out at `info`; the lines that matter come at `warning`.
_TALKATIVE = (
    "httpx2",
    "httpcore2",
    "urllib3",
    "sqlalchemy.engine",
    "sqlalchemy.pool",
    "aiosqlite",
    "anthropic",
    "gitlab",
    "asyncio",
)
# uvicorn comes with handlers of its own, which would print every line a second time.
_WITH_OWN_HANDLERS = ("uvicorn", "uvicorn.error", "uvicorn.access")
_TEMPORAL_FIELDS = ("workflow_id", "run_id", "workflow_type", "activity_type", "attempt")


def configure_logs(settings: Settings, *, process: str, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard error) in the chosen form.

    Args:
        settings: form, least level, and the secrets that must never be printed.
        process: the process's name, in every line.
        stream: where lines go; None is standard error.
    """
    shared = _shared_processors(settings, process)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ending(settings)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    _tame_libraries()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def session_of(workflow_id: str) -> str:
    """Return the session id inside one of our workflow ids; empty for a foreign one."""
    if not workflow_id.startswith(SESSION_WORKFLOW_PREFIX):
        return ""
    return workflow_id.removeprefix(SESSION_WORKFLOW_PREFIX).partition("/")[0]


def _shared_processors(settings: Settings, process: str) -> list[Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _ProcessName(process),
        _add_ids,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _SecretHider(settings.secrets()),
    ]


def _ending(settings: Settings) -> list[Processor]:
    if settings.log_format == "console":
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return [structlog.processors.JSONRenderer(sort_keys=True, default=str, ensure_ascii=False)]


def _tame_libraries() -> None:
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _WITH_OWN_HANDLERS:
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    # The ids go into fields of their own; Temporal would also append them to every message as text.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


class _ProcessName:
    """Adds the process's name."""

    def __init__(self, process: str) -> None:
        self._process = process

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {**event, "process": self._process}


def _add_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add what Temporal's loggers carry beside a line (workflow, activity), and the session that the line is about.

    Of what a caller gives as `extra` only `session_id` is taken: a field of any name could hide one of ours.
    """
    record = event.get("_record")
    details: Mapping[str, Any] = getattr(record, "temporal_activity", None) or getattr(record, "temporal_workflow", None) or {}
    found: MutableMapping[str, Any] = {name: details[name] for name in _TEMPORAL_FIELDS if name in details}
    if session_id := getattr(record, "session_id", "") or session_of(str(found.get("workflow_id", ""))):
        found["session_id"] = session_id
    return {**found, **event}


class _SecretHider:
    """Takes secrets out of every text of a line, whoever logged it: those of the settings, and whatever has a secret's shape."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        # Longest first: a secret that contains another must not leave its rest behind.
        self._secrets = tuple(sorted((secret for secret in secrets if len(secret) >= _SHORTEST_SECRET), key=len, reverse=True))

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {name: value if name.startswith("_") else self._clean(value) for name, value in event.items()}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._hide(value)
        if isinstance(value, Mapping):
            return {name: self._clean(inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._clean(inner) for inner in value]
        return value if isinstance(value, (int, float, bool, type(None))) else self._hide(str(value))

    def _hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return redact(text)
