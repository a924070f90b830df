"""What workflow tests may ask for."""

import os

import pytest


@pytest.fixture(scope="session")
def record() -> bool:
    """Whether histories are to be kept: RECORD_HISTORIES=1 says so, when a workflow has changed on purpose."""
    return os.environ.get("RECORD_HISTORIES") == "1"
