"""What commands print: for people with rich, for programs as JSON. Results go to standard output, the rest to standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

# A pipe has no width; tables keep room for long names.
_WIDTH_WITHOUT_TERMINAL = 160
# Highlighting would colour parts of what GitLab or a model wrote; markup in such text must stay text.
out = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)
err = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=True)


def is_terminal() -> bool:
    """Tell whether a person sits at both ends and can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def print_json(value: Any) -> None:
    """Print one JSON document, indented."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_json_line(value: Any) -> None:
    """Print one JSON document on one line (NDJSON)."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def say(text: str = "", *, style: str = "") -> None:
    """Print a line for people."""
    out.print(plain(text), style=style, soft_wrap=True)


def plain(text: str) -> str:
    """Return the text without control characters: a job log or a model could otherwise drive the terminal."""
    return "".join(sign for sign in text if sign in "\n\t" or sign.isprintable())
