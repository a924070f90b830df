import json

import pytest


def start_of(listening):
    ((_, (flow, message)),) = listening.door.runtime.started.items()
    return flow, message


def test_a_flow_is_started_for_the_person_of_the_token(listening, alice, capsys):
    assert alice("run", "fix_pipeline", "--project", "shop/checkout", "--merge-request", "3", "--no-watch") == 0
    flow, message = start_of(listening)
    assert (flow, message.requester, message.merge_request_iid) == ("fix_pipeline", 1, 3)
    assert "has started" in capsys.readouterr().out


def test_a_pipelines_address_names_project_and_pipeline(listening, alice):
    url = "https://gitlab.test/shop/checkout/-/pipelines/42"

    assert alice("run", "fix_pipeline", "--pipeline", url, "--no-watch") == 0
    _, message = start_of(listening)
    assert (message.project, message.pipeline_id) == (7, 42)


def test_the_same_key_starts_one_session(listening, alice):
    command = ("run", "fix_pipeline", "--project", "7", "--pipeline", "42", "--idempotency-key", "once", "--no-watch", "--json")

    assert (alice(*command), alice(*command)) == (0, 0)
    assert len(listening.door.runtime.started) == 1


def test_an_input_file_is_overridden_by_options(listening, alice, tmp_path):
    file = tmp_path / "input.json"
    file.write_text(json.dumps({"project": "shop/checkout", "goal": "from the file", "pipeline_id": 42}))

    assert alice("run", "fix_pipeline", "--input-file", str(file), "--goal", "from the option", "--no-watch") == 0
    _, message = start_of(listening)
    assert (message.goal, message.pipeline_id) == ("from the option", 42)


def test_what_a_flow_is_given_is_sent_as_gitlabs_envelopes(listening, alice, tmp_path):
    file = tmp_path / "context.json"
    file.write_text(json.dumps({"ticket": {"url": "from the file", "kept": True}, "other": {"x": 1}}))
    given = ("--input", "ticket.url=https://tickets.test/7?a=b", "--input", "ticket.count=3", "--input", 'ticket.code="3"')

    assert (
        alice("run", "fix_pipeline", "--project", "7", "--pipeline", "42", "--context-file", str(file), *given, "--no-watch") == 0
    )
    _, message = start_of(listening)
    assert {one.Category: json.loads(one.Content) for one in message.additional_context} == {
        "ticket": {"url": "https://tickets.test/7?a=b", "kept": True, "count": 3, "code": "3"},
        "other": {"x": 1},
    }


def test_a_context_file_may_be_gitlabs_list_of_envelopes(listening, alice, tmp_path):
    file = tmp_path / "context.json"
    envelopes = [{"Category": "ticket", "Content": '{"url": "x"}', "Metadata": '{"version": "1.2.0"}'}]
    file.write_text(json.dumps(envelopes))

    assert alice("run", "fix_pipeline", "--project", "7", "--pipeline", "42", "--context-file", str(file), "--no-watch") == 0
    _, message = start_of(listening)
    assert [one.model_dump() for one in message.additional_context] == envelopes


def test_a_flow_that_is_not_given_what_it_asks_for_is_refused_with_the_field(listening, alice, capsys):
    assert alice("run", "fix_pipeline", "--project", "7", "--goal", "Fix it.", "--no-watch") == 3
    assert "inputs.pipeline.id is missing: an integer, The failed pipeline." in " ".join(capsys.readouterr().err.split())
    assert listening.door.nothing_reached_a_workflow()


@pytest.mark.parametrize(
    "case",
    [
        ((), 2, "Name the project"),
        (("--project", "7", "--input", "ticket.url"), 2, "CATEGORY.FIELD=VALUE"),
        (("--project", "7", "--input", "url=x"), 2, "CATEGORY.FIELD=VALUE"),
        (("--project", "7", "--context-file", "absent.json"), 2, "absent.json cannot be read"),
        (("--pipeline", "latest"), 2, "--pipeline takes a number"),
        (("--input-file", "absent.json"), 2, "absent.json cannot be read"),
        (("--project", "shop/secret"), 4, "There is no project shop/secret"),
    ],
)
def test_what_cannot_be_started_is_said_and_nothing_starts(listening, alice, capsys, case):
    options, exit_code, words = case

    assert alice("run", "fix_pipeline", *options, "--no-watch") == exit_code
    assert words in capsys.readouterr().err
    assert listening.door.nothing_reached_a_workflow()


def test_an_unknown_flow_is_refused(listening, alice, capsys):
    assert alice("run", "no_such_flow", "--project", "7", "--no-watch") == 3
    assert "There is no flow no_such_flow" in capsys.readouterr().err
    assert listening.door.nothing_reached_a_workflow()


def test_a_file_that_is_no_flow_is_exit_code_7_and_nothing_starts(listening, alice, tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text("nonsense")

    assert alice("run", "mine", "--project", "7", "--definition", str(file), "--no-watch") == 7
    assert listening.door.nothing_reached_a_workflow()
