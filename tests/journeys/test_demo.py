"""The demonstration itself, as `make demo` runs it: real Temporal, both stand-ins, web app and worker."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.server


def play(folder, *options):
    command = [sys.executable, "-m", "duo_flows.cli", "demo", *options]
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("door", ["api", "comment", "cli"])
def test_a_failed_pipeline_is_repaired_after_the_developers_consent_by_any_door(tmp_path, door):
    played = play(tmp_path, "--door", door)

    assert played.returncode == 0, played.stdout + played.stderr
    assert "From the request to a green pipeline" in played.stdout
    assert "Duo-Approved-By: @maya" in played.stdout
    assert "@daniel-r tries to answer: Only @maya" in played.stdout


def test_a_failure_that_no_change_repairs_changes_nothing_and_is_no_success(tmp_path):
    played = play(tmp_path, "--var", "variant=network")

    assert played.returncode == 1, played.stdout + played.stderr
    assert "Nothing was pushed." in played.stdout
