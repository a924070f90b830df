"""Where tools that write are tried: one stand-in of GitLab for this folder, with a project for each test that changes something."""

import pytest

from tests.activities.writing import QUIET, desk_at, standing_in

# More than there are tests; a project takes the stand-in a tenth of a second to make.
_PROJECTS = 52


@pytest.fixture(scope="package")
def written_gitlab(tmp_path_factory):
    with standing_in(tmp_path_factory.mktemp("gitlab"), project_count=_PROJECTS) as made:
        yield made


@pytest.fixture
async def desk(written_gitlab, tmp_path):
    """A desk in a project of its own."""
    gitlab, names = written_gitlab
    async with desk_at(gitlab, next(names), tmp_path) as made:
        yield made


@pytest.fixture
async def quiet(written_gitlab, tmp_path):
    """A desk in the project in which nothing changes."""
    async with desk_at(written_gitlab[0], QUIET, tmp_path) as made:
        yield made
