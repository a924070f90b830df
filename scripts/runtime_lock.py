# ruff: noqa: INP001 - a script, not a package
"""Writes requirements-runtime.lock: the part of requirements.lock that the product itself needs, without tests and embedded stack.

What depends on what is read from the environment that requirements.lock was installed into. Run it with that environment's Python.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write the file."""
    (ROOT / "requirements-runtime.lock").write_text(runtime_lock(), encoding="utf-8")


def runtime_lock() -> str:
    """Return what the file has to hold."""
    pinned = _pinned((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    return "".join(pinned[name] for name in sorted(_closure([Requirement(text) for text in dependencies])) if name in pinned)


def _pinned(lock: str) -> dict[str, str]:
    """Return each package's lines, by its name."""
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", lock)
    return {canonicalize_name(block.split("==")[0].split("[")[0]): block for block in blocks if "==" in block}


def _closure(wanted: list[Requirement]) -> set[str]:
    """Return the names of everything that these need, themselves among it."""
    found: dict[str, set[str]] = {}
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        extras = requirement.extras - found.get(name, set()) | ({""} if name not in found else set())
        found.setdefault(name, set()).update(extras)
        wanted += [
            needed
            for needed in map(Requirement, requires(name) or [])
            if any(needed.marker is None or needed.marker.evaluate({"extra": extra}) for extra in extras)
        ]
    return set(found)


if __name__ == "__main__":
    main()
