"""How the story is told: chapters, sentences, quotations."""

from __future__ import annotations

import time

from rich.padding import Padding
from rich.text import Text

from duo_flows.cli.output import out, plain


class Narrator:
    """Prints the story. Times are counted from the first request for help."""

    def __init__(self) -> None:
        self._chapter = 0
        self._asked_at = 0.0

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._chapter += 1
        out.print()
        out.print(Text(f"{self._chapter}. {plain(title)}", style="bold"))

    def tell(self, sentence: str, *, style: str = "") -> None:
        """Tell something in words."""
        out.print(Padding(Text(plain(sentence), style=style), (0, 0, 0, 3), expand=False))

    def show(self, thing: Text) -> None:
        """Show something as it is."""
        out.print(Padding(thing, (0, 0, 0, 3), expand=False))

    def quote(self, lines: list[str], *, source: str) -> None:
        """Quote lines of something and say where they stand."""
        text = Text(f"{source}:\n", style="dim")
        text.append("\n".join(f"│ {plain(line)}" for line in lines), style="not dim")
        out.print(Padding(text, (0, 0, 0, 3), expand=False))

    def start_clock(self) -> None:
        """Count from now."""
        self._asked_at = time.monotonic()

    def seconds(self) -> float:
        """Return the seconds since the request."""
        return time.monotonic() - self._asked_at
