"""`duoflow evidence`: what a job's log says of its failure. It asks nobody: a file in, an excerpt out."""

from __future__ import annotations

import gzip
import shlex
import sys
import zlib
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from duo_flows.domain.evidence import DEFAULT_BUDGET, Excerpt, log_lines, reduce_log, sections_of
from duo_flows.domain.redaction import redact_lines

from .failures import CommandError, ExitCode
from .output import err, plain, print_json

_STANDARD_INPUT = "-"
_GZIP = b"\x1f\x8b"

# What models' makers name as a rule of thumb for English text.
_CHARACTERS_OF_TOKEN = 4


def add_to(app: App) -> None:
    """Add the command."""
    app.command(evidence)


def evidence(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    budget: int = DEFAULT_BUDGET,
    green: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show what a job's log says of its failure, each line under its number.

    It works offline, and on logs of any runner. A log that fits the budget is shown whole. What looks like a secret is taken out.

    Args:
        file: The log, as the runner wrote it; may be packed with gzip; `-` reads standard input.
        budget: Characters to show at most; four are about one token.
        green: The log of a run of the same job that passed: what it has too is hardly evidence.
        json: Print JSON: `text`, `included_line_ranges` (whole lines, from 1, both ends included), `cut_lines`, and counts.
    """
    if budget < 0:
        raise CommandError(f"--budget takes a number of characters, 0 or more, not {budget}.", exit_code=ExitCode.USAGE)
    if file == green == _STANDARD_INPUT:
        raise CommandError("Only one of the two logs can come from standard input.", exit_code=ExitCode.USAGE)
    read = _read(file)
    raw = _unpacked(read, file)
    known = _lines(_unpacked(_read(green), green)) if green else None
    excerpt = reduce_log(_lines(raw), budget=budget, green=known, sections=sections_of(raw))
    if json:
        print_json(_as_json(excerpt, budget))
        return
    if excerpt.text:
        sys.stdout.write(plain(excerpt.text) + "\n")
        sys.stdout.flush()
    err.print(plain(_told(excerpt, budget, _command_for_more(file, read))), style="dim")


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == _STANDARD_INPUT else Path(name).read_bytes()
    except OSError as error:
        raise _unreadable(name, str(error.strerror)) from None


def _unpacked(raw: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(raw) if raw.startswith(_GZIP) else raw
    except (OSError, EOFError, zlib.error):
        raise _unreadable(name, "it is not a whole gzip file") from None


def _unreadable(name: str, reason: str) -> CommandError:
    words = f"{name} cannot be read: {reason}. Name a log file, or - for standard input."
    return CommandError(words, exit_code=ExitCode.USAGE)


def _lines(raw: bytes) -> list[str]:
    # Before anything is cut, so that no secret loses the part by which it is known.
    return redact_lines(log_lines(raw))


def _as_json(excerpt: Excerpt, budget: int) -> dict[str, Any]:
    return {
        "line_count": excerpt.line_count,
        "shown_line_count": excerpt.shown_count,
        "included_line_ranges": excerpt.included_line_ranges,
        "cut_lines": excerpt.cut_lines,
        "budget": budget,
        "character_count": len(excerpt.text),
        "text": excerpt.text,
    }


def _told(excerpt: Excerpt, budget: int, more: str) -> str:
    if not excerpt.line_count:
        return "The log is empty."
    if not excerpt.shown_count:
        return f"Nothing of {excerpt.line_count:,} lines fits {budget:,} characters. Raise --budget; lines by number: {more}"
    size = len(excerpt.text)
    lines = f"{excerpt.shown_count:,} of {excerpt.line_count:,} lines"
    shown = f"{lines}, {size:,} characters, about {size // _CHARACTERS_OF_TOKEN:,} tokens."
    return shown if excerpt.is_whole else f"{shown} For more, raise --budget; for lines by number: {more}"


def _command_for_more(file: str, raw: bytes) -> str:
    """Return a command that shows lines by number; standard input is gone, so that its reader has to name the file."""
    source = "FILE" if file == _STANDARD_INPUT else shlex.quote(file)
    return f"zcat {source} | sed -n '100,200p'" if raw.startswith(_GZIP) else f"sed -n '100,200p' {source}"
