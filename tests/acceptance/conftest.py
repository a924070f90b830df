"""One stack for each test process. Every test makes its own merge request there, so that tests do not meet."""

import os
from collections.abc import Iterator

import pytest

from duo_flows.bootstrap.embedded.layout import Story, layout_of
from duo_flows.bootstrap.embedded.ports import free_ports
from duo_flows.cli.profile import DevProfile, write_profile
from tests.acceptance.people import People
from tests.acceptance.scenario import write_scenario
from tests.acceptance.stack import Stack, running_stack

# Short, so that what hooks or timers would do in a minute is seen in a second.
SETTINGS = {
    "DUOFLOWS_RECONCILE_INTERVAL": "PT1S",
    "DUOFLOWS_PIPELINE_POLL_INTERVAL": "PT1S",
    # Words that stand nowhere else, so that a leak is seen.
    "DUOFLOWS_ANTHROPIC_API_KEY": "sk-ant-acceptance-5d1b0c9e",
}


@pytest.fixture(scope="session")
def scenario(tmp_path_factory):
    return write_scenario(tmp_path_factory.mktemp("scenario") / "fix_pipeline")


@pytest.fixture(scope="session")
def whole_stack(scenario, tmp_path_factory) -> Iterator[Stack]:
    layout = layout_of(Story(folder=scenario, seed=7), home=tmp_path_factory.mktemp("stack"), ports=free_ports())
    with running_stack(layout, SETTINGS) as stack:
        yield stack


@pytest.fixture
def stack(whole_stack) -> Stack:
    """The stack, whole and healthy, whatever the test before has done to it."""
    whole_stack.mend()
    return whole_stack


@pytest.fixture
def people(stack) -> People:
    return People(stack)


@pytest.fixture
def folder(stack, tmp_path):
    """A folder in which `duoflow` finds the stack, as in the one of a running `duoflow dev`."""
    layout = stack.layout
    tokens = {person.username: person.token for person in layout.cast.people}
    profile = DevProfile(
        api_url=layout.api_url,
        gitlab_url=layout.gitlab_url,
        temporal_address=layout.temporal_address,
        temporal_ui_url=layout.temporal_ui_url,
        user="daniel-r",
        tokens=tokens,
        details={"pid": os.getpid()},
    )
    write_profile(tmp_path, profile)
    return tmp_path
