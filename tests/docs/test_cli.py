import re
from pathlib import Path

import pytest
from cyclopts import App

from duo_flows.cli.app import build_app
from duo_flows.cli.failures import MEANINGS

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")


def commands_of(app: App, prefix: str = "duoflow") -> list[str]:
    names = [name for name in app if not name.startswith("-")]
    return [path for name in names for path in (commands_of(app[name], f"{prefix} {name}") or [f"{prefix} {name}"])]


def test_the_page_holds_every_command_and_no_other():
    documented = {re.sub(r" [A-Z].*", "", command) for command in re.findall(r"^\| `(duoflow [^`]+)`", PAGE, flags=re.MULTILINE)}

    assert documented == set(commands_of(build_app()))


@pytest.mark.parametrize(("code", "meaning"), [(int(code), meaning) for code, meaning in MEANINGS.items()])
def test_the_page_holds_every_exit_code(code, meaning):
    assert f"| {code} | {meaning} |" in PAGE
