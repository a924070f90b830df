"""The page about the machine of a Group Approval says what the code does."""

import re
from pathlib import Path

from duo_flows.domain.approvals.entitlement import Bar
from duo_flows.domain.approvals.states import mermaid

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "approval-machine.md").read_text(encoding="utf-8")
RULES = ROOT / "duo_flows" / "domain" / "approvals"
REFUSING = "".join((RULES / name).read_text(encoding="utf-8") for name in ("objections.py", "reruns.py"))
OPENING = (RULES / "opening.py").read_text(encoding="utf-8")


def test_the_diagram_is_the_table_of_the_code():
    [drawn] = re.findall(r"^```mermaid\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)

    assert drawn == mermaid()


def test_every_code_of_a_refusal_is_explained_and_no_other():
    refused = set(re.findall(r'Objection\(\s*code="(\w+)"', REFUSING))
    never_opened = set(re.findall(r'return "(\w+)", f?"', OPENING)) | {"threshold_above_people", "reviewer_cannot_vote"}
    explained = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", PAGE, flags=re.MULTILINE))))

    assert explained == refused | never_opened | {str(bar) for bar in Bar}
