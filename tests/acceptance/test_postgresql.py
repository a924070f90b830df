"""The same journey on PostgreSQL."""

import pytest

from duo_flows.bootstrap.embedded.layout import Story, layout_of
from duo_flows.bootstrap.embedded.ports import free_ports
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import People
from tests.acceptance.stack import running_stack

pytestmark = [pytest.mark.server, pytest.mark.database, pytest.mark.timeout(120)]


@pytest.fixture
def stack_on_postgresql(postgresql_server, scenario, tmp_path):
    layout = layout_of(Story(folder=scenario, seed=7), home=tmp_path / "stack", ports=free_ports())
    settings = {**SETTINGS, "DUOFLOWS_DATABASE_URL": postgresql_server.new_database()}
    with running_stack(layout, settings) as stack:
        yield stack


def test_a_pipeline_is_fixed_with_the_sessions_in_postgresql(stack_on_postgresql):
    stack = stack_on_postgresql
    people = People(stack)
    trouble = people.trouble()
    session_id, question = people.asked(trouble)

    people.comment(trouble, f"@duo apply {question['digest_prefix']}")

    people.done_once(trouble, session_id)
    assert not (stack.layout.home / "duo-flows.db").exists()
