"""Records of Group Approval: what things are called, and what the machine says as the chain takes it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from duo_flows.domain.approval_records import LinkedItem, LinkedKind, for_chain, item_label
from duo_flows.domain.approvals.audit import AuditEvent, AuditName, ReviewSubmitted
from duo_flows.domain.audit import NewAuditEvent

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_what_the_machine_says_of_an_event_goes_into_the_chain_whole():
    data = ReviewSubmitted(verdict="approved", capacities=("reviewers",), words="Fine.")
    envelope = {"key": "item1/e1/1", "item_id": "item1", "revision": 2, "event_id": "e1", "door": "page"}
    event = AuditEvent(**envelope, actor_id=11, actor="daniel-r", received_at=NOON, at=NOON, data=data)

    said = for_chain(event, project_id=7)

    assert said == NewAuditEvent(
        **envelope,
        actor_id=11,
        actor="daniel-r",
        received_at=NOON,
        at=NOON,
        project_id=7,
        name="review.submitted",
        data={"verdict": "approved", "capacities": ["reviewers"], "words": "Fine.", "replaced": None},
    )


@pytest.mark.parametrize("name", list(AuditName))
def test_the_chain_takes_every_name_that_the_machine_gives(name):
    assert NewAuditEvent(key="k", at=NOON, name=name, project_id=7).name == name


@pytest.mark.parametrize(("number", "label"), [(4, "GA-004"), (999, "GA-999"), (1000, "GA-1000")])
def test_an_item_is_called_by_its_number_in_three_digits_or_more(number, label):
    assert item_label(number) == label


def test_a_linked_item_is_named_by_numbers_that_last_and_a_page_by_its_address():
    issue = LinkedItem(kind=LinkedKind.ISSUE, owner_id=7, iid=8821, reference="#8821", url="https://gitlab.test/x")

    assert issue.key == "issue:7:8821"
    assert LinkedItem(kind=LinkedKind.PAGE, url="https://wiki.test/adr").key == "page:https://wiki.test/adr"
