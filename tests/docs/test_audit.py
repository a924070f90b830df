import json
import re
from pathlib import Path

from duo_flows.domain.audit import ChainedEvent, FaultKind, hash_of, imported

PAGE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_page_s_own_way_to_check_an_event_agrees_with_ours():
    names: dict = {}
    exec(EXAMPLE, names)  # noqa: S102 - our own page

    event = imported(json.loads(names["line"]))
    assert hash_of(event) == names["told"]


def test_the_page_explains_every_key_of_an_exported_event():
    explained = set(re.findall(r"`(\w+)`", PAGE))

    assert set(ChainedEvent.model_fields) - explained == set()


def test_the_page_has_a_line_for_every_way_in_which_a_chain_can_be_broken():
    [table] = re.findall(r"## What finds what\n\n(.*?)\n\n", PAGE, flags=re.DOTALL)

    assert len(table.splitlines()) - 2 == len(FaultKind)
