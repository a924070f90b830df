"""Finding the scenario that the stand-ins play. Scenarios are data: nothing of the stand-ins is imported."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from .failures import CommandError, ExitCode

DEFAULT_SCENARIO = "fix_pipeline"


def find_scenario(wanted: Path | None) -> Path:
    """Return the folder of a scenario: a folder of one's own, or the name of a built-in one.

    Raises:
        CommandError: there is none.
    """
    built_in = _built_in_folder()
    candidates = [built_in / DEFAULT_SCENARIO] if wanted is None else [wanted, built_in / wanted]
    found = next((folder for folder in candidates if (folder / "scenario.yaml").is_file()), None)
    if found is None:
        names = ", ".join(sorted(file.parent.name for file in built_in.glob("*/scenario.yaml"))) or "none"
        raise CommandError(
            f"There is no scenario {wanted or DEFAULT_SCENARIO}: name a folder with a scenario.yaml, or a built-in one ({names}).",
            exit_code=ExitCode.USAGE,
        )
    return found.resolve()


def _built_in_folder() -> Path:
    spec = find_spec("simulators")
    if spec is None or not spec.submodule_search_locations:
        raise CommandError("The stand-ins are not installed here; name a --scenario.", exit_code=ExitCode.USAGE)
    return Path(spec.submodule_search_locations[0]) / "scenarios"
