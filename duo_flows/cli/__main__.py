"""`duoflow`, also as `python -m duo_flows.cli`."""

from __future__ import annotations

import sys

from .app import run_command


def main() -> None:
    """Run the command of this process's arguments and end with its exit code."""
    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
