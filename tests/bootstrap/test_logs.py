import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from duo_flows.bootstrap.logs import configure_logs, session_of
from duo_flows.bootstrap.settings import Settings

TOKEN = "our-own-gitlab-token"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the lines go, with logging as it was before afterwards."""
    root = logging.getLogger()
    before = (root.handlers, root.level)
    written = io.StringIO()
    configure_logs(Settings(gitlab_token=TOKEN, signing_key="k" * 32), process="test", stream=written)
    yield written
    root.handlers, root.level = before[0], before[1]
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_lines_of_a_library_are_json_with_the_process(stream):
    logging.getLogger("some.library").warning("it is %s", "slow")

    (line,) = lines(stream)
    assert (line["event"], line["level"], line["process"], line["logger"]) == ("it is slow", "warning", "test", "some.library")


def test_a_secret_of_the_settings_is_hidden_in_messages_fields_and_tracebacks(stream):
    structlog.get_logger("ours").info("calling with " + TOKEN, header={"PRIVATE-TOKEN": [TOKEN]})
    try:
        int(TOKEN)
    except ValueError:
        logging.getLogger("library").exception("it failed")

    assert len(lines(stream)) == 2
    assert TOKEN not in stream.getvalue()


def test_what_has_the_shape_of_a_secret_is_hidden_too(stream):
    logging.getLogger("library").error("refused: glpat-AbCdEfGhIjKlMnOpQrSt")

    assert "AbCdEfGhIjKlMnOpQrSt" not in stream.getvalue()


def test_a_line_of_an_activity_names_its_session(stream):
    details = {"workflow_id": "session/06fz3k/2", "activity_type": "call_tool", "attempt": 3}
    logging.getLogger("temporalio.activity").info("working", extra={"temporal_activity": details})

    (line,) = lines(stream)
    assert (line["session_id"], line["workflow_id"], line["attempt"]) == ("06fz3k", "session/06fz3k/2", 3)


def test_a_line_about_a_session_carries_its_id(stream):
    logging.getLogger("library").info("here", extra={"session_id": "06fz3k"})

    assert lines(stream)[0]["session_id"] == "06fz3k"


def test_what_libraries_say_of_every_request_is_left_out(stream):
    logging.getLogger("httpx2").info("HTTP Request: GET https://gitlab.test/?private_token=abc")

    assert stream.getvalue() == ""


@pytest.mark.parametrize(("workflow_id", "session"), [("session/abc/1", "abc"), ("by-hand", ""), ("other/abc/1", "")])
def test_the_session_is_read_from_our_own_workflow_ids_only(workflow_id, session):
    assert session_of(workflow_id) == session
