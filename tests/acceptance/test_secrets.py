"""After all that has happened on this stack: no secret in any log, history, session log or comment; no contents in histories."""

import pytest
from temporalio.client import Client

from tests.acceptance.people import People

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]

# A line of the failing job's log, and one of the failing test's file that no proposal quotes.
LINE_OF_THE_LOG = b"Ran "
LINE_OF_THE_FILE = b"from payments.retry import MOST_ATTEMPTS"


@pytest.fixture(scope="module")
def journey(whole_stack):
    """A journey by comments, which leaves traces everywhere."""
    whole_stack.mend()
    people = People(whole_stack)
    trouble = people.trouble()
    session_id, question = people.asked(trouble)
    people.comment(trouble, f"@duo diff {question['digest_prefix']}")
    people.comment(trouble, f"@duo apply {question['digest_prefix']}")
    people.done_once(trouble, session_id)
    return people, trouble, session_id


@pytest.fixture(scope="module")
def secret_values(whole_stack):
    """Every secret of the stack, as it must not be found."""
    layout = whole_stack.layout
    hook_secrets = [file.read_text().strip() for file in layout.hook_secrets_dir.iterdir()]
    tokens = [person.token for person in layout.cast.people]
    return [*hook_secrets, *tokens, layout.signing_key, whole_stack.settings["DUOFLOWS_ANTHROPIC_API_KEY"]]


def found(secret_values, text):
    return [secret for secret in secret_values if secret in text]


async def histories_of(stack):
    """Every history that Temporal keeps, as the bytes that it keeps."""
    client = await Client.connect(stack.layout.temporal_address)
    executions = [execution async for execution in client.list_workflows()]
    handles = [client.get_workflow_handle(execution.id, run_id=execution.run_id) for execution in executions]
    histories = [await handle.fetch_history() for handle in handles]
    return [b"".join(event.SerializeToString() for event in history.events) for history in histories]


@pytest.mark.usefixtures("journey")
def test_no_log_file_holds_a_secret(stack, secret_values):
    logs = {file.name: file.read_text(errors="replace") for file in stack.layout.home.glob("*.log")}

    assert {"web.log", "worker.log", "temporal.log"} <= set(logs)
    assert {name for name, text in logs.items() if found(secret_values, text)} == set()


def test_no_session_log_and_no_comment_holds_a_secret(journey, secret_values):
    people, trouble, _ = journey

    lines = [str(line) for session in people.sessions_of(trouble.project) for line in people.log(session["id"])]
    bodies = [note["body"] for note in people.notes(trouble)]

    assert lines
    assert bodies
    assert found(secret_values, "\n".join([*lines, *bodies])) == []


async def test_no_history_holds_a_secret_or_the_contents_of_a_log_or_a_file(stack, journey, secret_values):
    people, trouble, session_id = journey
    log, file = contents_of(people, trouble)

    histories = await histories_of(stack)

    assert any(session_id.encode() in history for history in histories)
    assert found([secret.encode() for secret in secret_values], b"".join(histories)) == []
    assert LINE_OF_THE_LOG in log
    assert LINE_OF_THE_FILE in file
    assert [history for history in histories if LINE_OF_THE_LOG in history or LINE_OF_THE_FILE in history] == []


def contents_of(people, trouble):
    """The trace of the failed job and the file that it is about, as GitLab has them."""
    project = f"/projects/{trouble.project_id}"
    jobs = people.gitlab.rest("GET", f"{project}/pipelines/{trouble.pipeline_id}/jobs", by="root")
    (failed,) = [job for job in jobs if job["status"] == "failed"]
    file = f"{project}/repository/files/tests%2Ftest_retry.py/raw"
    return people.gitlab.raw(f"{project}/jobs/{failed['id']}/trace", by="root"), people.gitlab.raw(
        file, by="root", ref=trouble.head
    )
