"""The real Temporal server of the wheel, one for each test process, able to skip time."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from signals.names import DATETIME_SEARCH_ATTRIBUTES, KEYWORD_SEARCH_ATTRIBUTES

TEMPORAL = Path(sys.executable).parent / "temporal"


def server_arguments(**dynamic: str) -> list[str]:
    """Return arguments for a server that skips time at once and knows our search attributes."""
    config = {
        "frontend.WorkflowTimeSkippingEnabled": "true",
        "history.timerProcessorMaxTimeShift": '"10ms"',
        "history.transferProcessorMaxPollRPS": "100",
        "history.timerProcessorMaxPollRPS": "100",
        "system.forceSearchAttributesCacheRefreshOnRead": "true",
        **dynamic,
    }
    attributes = {
        **dict.fromkeys(KEYWORD_SEARCH_ATTRIBUTES, "Keyword"),
        **dict.fromkeys(DATETIME_SEARCH_ATTRIBUTES, "Datetime"),
    }
    return [
        *(part for name, value in config.items() for part in ("--dynamic-config-value", f"{name}={value}")),
        *(part for name, kind in attributes.items() for part in ("--search-attribute", f"{name}={kind}")),
    ]


async def _environment(**dynamic: str) -> WorkflowEnvironment:
    return await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(TEMPORAL),
        dev_server_extra_args=server_arguments(**dynamic),
        data_converter=pydantic_data_converter,
    )


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A server that runs for all tests of this process."""
    environment = await _environment()
    yield environment
    await environment.shutdown()


@pytest.fixture(scope="session")
async def forgetful_temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A server that finds every history long after fifty events, so that runs continue as new again and again."""
    environment = await _environment(**{"limit.historyCount.suggestContinueAsNew": "50"})
    yield environment
    await environment.shutdown()
