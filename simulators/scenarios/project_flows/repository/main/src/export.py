"""Write the day's report."""

from pathlib import Path


def export(rows: list[str], target: Path) -> None:
    with target.open("w") as file:
        for row in rows:
            file.write(f"{row}\n")
