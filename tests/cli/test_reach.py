import stat

import pytest

from duo_flows.cli.app import run_command
from duo_flows.cli.profile import DevProfile, write_profile

NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITLAB_TOKEN", raising=False)
    monkeypatch.delenv("DUOFLOWS_API_URL", raising=False)
    return tmp_path


def a_profile(api_url, **changed):
    fields = {"user": "alice", "tokens": {"alice": "token-of-alice", "bob": "token-of-bob"}, **changed}
    return DevProfile(api_url=api_url, gitlab_url="", temporal_address="", temporal_ui_url="", **fields)


@pytest.mark.usefixtures("folder")
def test_somebody_who_does_not_say_who_they_are_is_told_how(capsys):
    assert run_command(["flows", "list"]) == 2
    assert "set GITLAB_TOKEN" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_an_api_that_does_not_answer_is_exit_code_5_in_one_sentence(capsys):
    assert run_command(["flows", "list", "--api", NOBODY_LISTENS, "--token", "secret-token"]) == 5
    told = capsys.readouterr().err
    assert f"duo-flows does not answer at {NOBODY_LISTENS}" in " ".join(told.split())
    assert "secret-token" not in told
    assert "Traceback" not in told


def test_the_running_stack_of_the_folder_is_found_from_below(listening, monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("DUOFLOWS_API_URL")
    write_profile(tmp_path, a_profile(listening.url))
    (tmp_path / "shell" / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "shell" / "deeper")

    assert run_command(["flows", "list"]) == 0
    assert "fix_pipeline" in capsys.readouterr().out


def test_one_speaks_as_another_person_of_the_running_stack(listening, monkeypatch, tmp_path):
    monkeypatch.delenv("DUOFLOWS_API_URL")
    write_profile(tmp_path, a_profile(listening.url))
    listening.do(listening.door.a_session())

    assert run_command(["sessions", "stop", "s1", "--as", "bob"]) == 3


def test_a_stranger_to_the_running_stack_is_told_who_is_known(folder, capsys):
    write_profile(folder, a_profile(NOBODY_LISTENS))

    assert run_command(["flows", "list", "--as", "nobody"]) == 2
    assert "it knows alice, bob" in capsys.readouterr().err


def test_a_token_of_the_environment_is_never_sent_where_a_file_of_the_folder_says(listening, monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("DUOFLOWS_API_URL")
    monkeypatch.setenv("GITLAB_TOKEN", "token-of-alice")
    write_profile(tmp_path, a_profile(listening.url, tokens={}))

    assert run_command(["flows", "list"]) == 2
    assert "set DUOFLOWS_API_URL" in capsys.readouterr().err


def test_a_profile_is_for_its_owner_only(folder):
    file = write_profile(folder, a_profile(NOBODY_LISTENS))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.usefixtures("folder")
def test_a_command_that_does_not_exist_is_exit_code_2():
    assert run_command(["sesions"]) == 2
