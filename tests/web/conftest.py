"""Fixtures of the door's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.a_door import Door


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """Return a door over doubles."""
    return Door(tmp_path)
