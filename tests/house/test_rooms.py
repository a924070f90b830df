"""A new room cannot stay outside the import contracts."""

import ast
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Folders of Python that are no room of the product: they are imported by nobody.
OUTSIDE = {"tests", "bench", "scripts"}


def packages_in(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.glob("*/__init__.py")}


def contracted_modules() -> set[str]:
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    sources = {module for contract in contracts for module in contract.get("source_modules", [])}
    layers = {name.strip() for contract in contracts for layer in contract.get("layers", []) for name in layer.split("|")}
    return sources | layers


def imported_by(folder: Path) -> set[str]:
    """Return what a room imports by the name before the first dot, but for itself and the standard library."""
    nodes = [node for file in folder.rglob("*.py") for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    origins = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    own = folder.relative_to(ROOT).as_posix().replace("/", ".")
    foreign = {name for name in plain | origins if name != own and not name.startswith(f"{own}.")}
    return {name.partition(".")[0] for name in foreign} - sys.stdlib_module_names


def test_every_top_level_package_is_a_root_of_the_import_contracts():
    assert packages_in(ROOT) - OUTSIDE == set(PROJECT["tool"]["importlinter"]["root_packages"])


def test_every_top_level_package_is_type_checked():
    assert packages_in(ROOT) - OUTSIDE == set(PROJECT["tool"]["mypy"]["packages"])


def test_every_top_level_package_is_in_the_wheel():
    assert packages_in(ROOT) - OUTSIDE == set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


def test_every_room_has_a_contract_of_its_own():
    rooms = {f"duo_flows.{name}" for name in packages_in(ROOT / "duo_flows")}
    tops = packages_in(ROOT) - OUTSIDE - {"duo_flows"}

    assert rooms | tops <= contracted_modules()


def test_every_adapter_is_kept_away_from_the_other_clients():
    adapters = {f"duo_flows.adapters.{name}" for name in packages_in(ROOT / "duo_flows" / "adapters")}
    forbidding = [contract for contract in PROJECT["tool"]["importlinter"]["contracts"] if contract["name"].endswith("one door")]

    assert len(forbidding) == 4
    assert all(len(adapters - set(contract["source_modules"])) == 1 for contract in forbidding)


# A contract can only name what is forbidden; these two rooms are pure, so that what is allowed is named.
@pytest.mark.parametrize(("room", "known"), [("duo_flows/domain", {"pydantic"}), ("signals", {"pydantic", "duo_flows"})])
def test_a_pure_room_imports_the_standard_library_and_pydantic(room: str, known: set[str]):
    assert imported_by(ROOT / room) == known
