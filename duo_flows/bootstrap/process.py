"""How a process of ours begins and ends: settings that are complete or refused, logs, and one exit.

Temporal's SDK can hang or crash while the interpreter takes itself apart, so a process that used it flushes and leaves hard.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from pydantic import ValidationError

from duo_flows.domain.errors import DuoFlowsError

from .logs import configure_logs
from .settings import Settings, faults_of

EXIT_OK = 0
EXIT_FAULT = 1
EXIT_SETTINGS = 2

Serve = Callable[[Settings], Coroutine[Any, Any, None]]


def run_process(name: str, serve: Serve) -> NoReturn:
    """Serve until told to stop, and leave: code 0, 1 for a fault that keeps it from starting, 2 for settings that do not do.

    Args:
        name: the process's name, in its refusals and in every log line.
        serve: what the process does with its settings; it returns when it is told to stop.
    """
    _leave(_code_of(name, serve))


def _code_of(name: str, serve: Serve) -> int:
    try:
        settings = Settings()
    except ValidationError as error:
        return _refuse(name, faults_of(error))
    if missing := settings.missing():
        return _refuse(name, missing)
    configure_logs(settings, process=name)
    try:
        asyncio.run(serve(settings))
    except DuoFlowsError as error:
        logging.getLogger(f"duo_flows.{name}").error("cannot start: %s", error)  # noqa: TRY400 - the sentence says it all
        return EXIT_FAULT
    except KeyboardInterrupt:
        pass
    return EXIT_OK


def _refuse(name: str, sentences: list[str]) -> int:
    sys.stderr.write("".join(f"{sentence}\n" for sentence in (f"The {name} process cannot start.", *sentences)))
    return EXIT_SETTINGS


def _leave(code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()
    os._exit(code)
