"""Results as small Markdown tables, each with the commit and the machine that it was measured on."""

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
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
    body = "".join(f"| {what} | {value} |\n" for what, value in {**rows, "machine": _machine(), "commit": _commit()}.items())
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(head + body)
    print(head + body)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows))


def write_page(name: str, *, title: str, body: str) -> None:
    """Write a result of several tables into `bench/results/<name>.md` and print it."""
    text = f"# {title}\n\n{body}\n\nMeasured on {_machine()}, at commit {_commit()}.\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"


def _commit() -> str:
    sha = _git("rev-parse", "--short=12", "HEAD")
    # A result of code that no commit holds must not look like that of one. The results themselves do not count.
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/results")
    return f"`{sha}`" + (" with uncommitted changes" if changed else "")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603, S607
