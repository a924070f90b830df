"""What the page shows of a check is what the command prints."""

import re
from pathlib import Path

from duo_flows.cli.app import run_command

PAGE = (Path(__file__).parents[2] / "docs" / "flows.md").read_text(encoding="utf-8")


def test_the_check_on_the_page_is_what_the_command_prints(tmp_path, monkeypatch, capsys):
    example = re.findall(r"^```yaml\n(version: v1\n.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)[0]
    [shown] = re.findall(r"^```text\n(error: .*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    slips = example.replace("[get_job_logs]", "[get_job_lgs]").replace("modify: explain", "modfy: explain")
    monkeypatch.chdir(tmp_path)
    Path("my_flow.yaml").write_text(slips.replace("{{ failures |", "{{ failure |"), encoding="utf-8")

    run_command(["flows", "validate", "my_flow.yaml"])

    # `…` stands for a list that grows with the tools.
    assert re.fullmatch("[^\n]*".join(map(re.escape, shown.split("…"))), capsys.readouterr().out)
