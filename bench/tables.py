"""Results as small Markdown tables, each with the commit and the machine that it was measured on."""

import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
REPOSITORY = Path(__file__).parents[1]


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1_000) * len(ordered) // 1_000) - 1)]


def write_table(name: str, *, title: str, about: str, rows: Mapping[str, str]) -> None:
    """Write a result into `bench/results/<name>.md` and print it."""
    head = f"# {title}\n\n{about}\n\n| what | measured |\n|---|---|\n"
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    body = "".join(f"| {what} | {value} |\n" for what, value in {**rows, "machine": machine, "commit": _commit()}.items())
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(head + body)
    print(head + body)


def _commit() -> str:
    sha = _git("rev-parse", "--short=12", "HEAD")
    # A result of code that no commit holds must not look like that of one. The results themselves do not count.
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/results")
    return f"`{sha}`" + (" with uncommitted changes" if changed else "")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603, S607
