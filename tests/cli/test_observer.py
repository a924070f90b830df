"""GitLab as the demonstration reads and writes it: whatever goes wrong there is told, and no trace of a library."""

import pytest

from duo_flows.cli.failures import CommandError, ExitCode
from duo_flows.cli.observer import Observer

# Nobody listens on the port of the discard service.
NOBODY = "http://127.0.0.1:9"


async def test_a_gitlab_that_does_not_answer_is_told_when_reading_and_when_writing():
    async with Observer(NOBODY, "token", project="shop/checkout") as observer:
        with pytest.raises(CommandError, match="GitLab does not answer") as reading:
            await observer.project()
        with pytest.raises(CommandError, match="GitLab does not answer") as writing:
            await observer.comment(1, "@duo apply")

    assert (reading.value.exit_code, writing.value.exit_code) == (ExitCode.UNREACHABLE, ExitCode.UNREACHABLE)
