"""How flow files and their mistakes look on a terminal: the line, a mark under what is meant, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from duo_flows.bootstrap.flow_files import CheckedFlow, FlowProblem

from .output import plain

Json = dict[str, Any]

# A line of a flow file is rarely longer; of a longer one the part around the mark is shown.
_SHOWN_WIDTH = 110
_TOKEN = re.compile(r"[^\s:,\[\]{}]+")
_STYLES = {"error": "bold red", "warning": "bold yellow"}


def problem_text(problem: FlowProblem, *, kind: str, file: str, lines: Sequence[str]) -> Text:
    """Return a problem with the line that it stands on.

    Args:
        problem: what to tell.
        kind: `error` or `warning`.
        file: the file's name, as the person wrote it.
        lines: the file's lines.
    """
    style, margin = _STYLES[kind], " " * len(str(problem.line))
    line, mark = _excerpt(lines[problem.line - 1] if problem.line <= len(lines) else "", problem)
    text = Text()
    text.append(kind, style).append(f": {problem.key or 'the file'}: found {problem.found}\n", "bold")
    text.append(f"{margin}--> ", "blue").append(f"{plain(file)}:{problem.line}:{problem.column}\n")
    text.append(f"{margin} |\n", "blue")
    text.append(f"{problem.line} | ", "blue").append(f"{line}\n")
    text.append(f"{margin} | ", "blue").append(f"{mark}\n", style)
    text.append(f"{margin} = ", "blue").append(f"{'allowed' if kind == 'error' else 'better'}: {problem.allowed}\n")
    if problem.suggestion:
        text.append(f"{margin} = ", "blue").append("did you mean ").append(problem.suggestion, "bold green").append("?\n")
    return text


def _excerpt(line: str, problem: FlowProblem) -> tuple[str, str]:
    """Return the line, or the part of it around what is meant, and the marks below."""
    line = "".join(" " if sign == "\t" else sign if sign.isprintable() else "·" for sign in line)
    start, length = _meant(line, problem)
    first = max(0, start - _SHOWN_WIDTH // 2) if len(line) > _SHOWN_WIDTH else 0
    shown = line[first : first + _SHOWN_WIDTH]
    before = shown[: start - first]
    return shown, " " * cell_len(before) + "^" * max(1, min(length, len(shown) - len(before)))


def _meant(line: str, problem: FlowProblem) -> tuple[int, int]:
    start = min(problem.column - 1, len(line))
    # What was found stands at the key, or behind it as its value.
    where = line.find(problem.found, start)
    if where >= 0:
        return where, len(problem.found)
    token = _TOKEN.match(line, start)
    return start, len(token[0]) if token else 1


def verdict(file: str, checked: CheckedFlow) -> Text:
    """Return what came of one file, in a line."""
    errors, warnings = _count(len(checked.errors), "error"), _count(len(checked.warnings), "warning")
    if checked.errors:
        return Text(f"{plain(file)}: {errors}.", "bold red")
    parts = len(checked.definition.components) if checked.definition else 0
    told = f", {warnings}" if checked.warnings else ""
    return Text(f"{plain(file)}: a flow that can run, {_count(parts, 'component')}{told}.", "bold green")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def flow_table(flows: list[Json]) -> RenderableType:
    """Return flows as a table."""
    table = Table("flow", "from", "components", "what it does", box=None, pad_edge=False)
    for flow in flows:
        error = flow.get("error")
        does = Text(f"cannot run: {plain(error)}", "red") if error else Text(plain(flow["description"]))
        table.add_row(flow["name"], plain(flow["source"]), str(flow["component_count"] or ""), does)
    return table
