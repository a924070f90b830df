"""The scenario of these tests: `fix_pipeline`, a second project that wants sessions on failed pipelines, and another bot."""

import shutil
from pathlib import Path
from typing import Any

import yaml

import simulators

PROJECT = "meridian/payments"
OPTED_IN = "meridian/ledger"
BOT = "renovate"
BRANCH = "feat/payment-retry"


def _greeting(body: str) -> dict[str, Any]:
    return {"tool_use": {"name": "create_merge_request_note", "input": {"body": body}}}


_BUILT_IN = Path(simulators.__file__).parent / "scenarios" / "fix_pipeline"
_POLICY = "triggers: {failed_pipeline: true}\n"
# An agent beside those of the story: it writes the same comment twice and then another, whatever comes of them.
_GREETER = (
    {"name": "greet once more", "when": {"system": "You greet", "turn_number": 1}, "reply": [_greeting("Hello")]},
    {"name": "greet again", "when": {"system": "You greet", "turn_number": 2}, "reply": [_greeting("Hello")]},
    {"name": "take leave", "when": {"system": "You greet", "turn_number": 3}, "reply": [_greeting("Goodbye")]},
    {"name": "be done", "when": {"system": "You greet"}, "reply": [{"text": "I have greeted."}]},
)


def write_scenario(folder: Path) -> Path:
    """Write the scenario into a folder that is not there yet, and return it."""
    shutil.copytree(_BUILT_IN, folder)
    file = folder / "scenario.yaml"
    told = yaml.safe_load(file.read_text())
    gitlab = told["gitlab"]
    gitlab["users"].append({"username": BOT, "name": "Renovate", "token": "renovate-token", "bot": True})
    (payments,) = gitlab["projects"]
    payments["members"][BOT] = "developer"
    gitlab["projects"].append(
        {**payments, "path": OPTED_IN, "name": "ledger", "files": "repository/opted_in", "merge_requests": []}
    )
    file.write_text(yaml.safe_dump(told, sort_keys=False))
    script = yaml.safe_load((folder / "claude.yaml").read_text())
    (folder / "claude.yaml").write_text(yaml.safe_dump({**script, "turns": [*script["turns"], *_GREETER]}, sort_keys=False))
    opted_in = folder / "repository" / "opted_in"
    shutil.copytree(folder / "repository" / "main", opted_in)
    (opted_in / ".gitlab" / "duo").mkdir(parents=True)
    (opted_in / ".gitlab" / "duo" / "duo-flows.yml").write_text(_POLICY)
    return folder


def with_script(scenario: Path, folder: Path, *, variant: str = "", **changed: Any) -> Path:
    """Write a copy of a scenario of another variant, or whose script has other settings; `fail` goes into its first turn."""
    shutil.copytree(scenario, folder)
    told = yaml.safe_load((folder / "scenario.yaml").read_text())
    told["vary"]["variant"]["default"] = variant or told["vary"]["variant"]["default"]
    (folder / "scenario.yaml").write_text(yaml.safe_dump(told, sort_keys=False))
    script = yaml.safe_load((folder / "claude.yaml").read_text())
    if "fail" in changed:
        script["turns"][0]["fail"] = changed.pop("fail")
    (folder / "claude.yaml").write_text(yaml.safe_dump({**script, **changed}, sort_keys=False))
    return folder
