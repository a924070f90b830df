import socket

import pytest

from duo_flows.bootstrap.embedded.children import StackError
from duo_flows.bootstrap.embedded.layout import Story, layout_of
from duo_flows.bootstrap.embedded.plans import environment_of, plans_of
from duo_flows.bootstrap.embedded.ports import Ports, free_ports, is_free, usual_ports
from duo_flows.bootstrap.settings import Settings

SCENARIO = """
gitlab:
  users:
    - {username: duo, token: duo-token, bot: true}
    - {username: maya, token: maya-token}
    - {username: root, token: root-token, admin: true}
  projects: [{path: a/b}]
"""


@pytest.fixture
def story(tmp_path):
    (tmp_path / "scenario.yaml").write_text(SCENARIO)
    return Story(folder=tmp_path, seed=7)


def names(layout):
    return [plan.name for plan in plans_of(layout)]


def test_everything_stands_in_where_no_real_service_is_named(story, tmp_path):
    layout = layout_of(story, home=tmp_path, ports=Ports())

    assert names(layout) == ["temporal", "gitlab", "claude", "web", "worker"]


def test_a_real_claude_takes_the_place_of_its_stand_in(story, tmp_path):
    layout = layout_of(story, home=tmp_path, ports=Ports(), environment={"ANTHROPIC_API_KEY": "sk-ours"})

    assert names(layout) == ["temporal", "gitlab", "web", "worker"]
    assert environment_of(layout)["DUOFLOWS_ANTHROPIC_API_KEY"] == "sk-ours"
    assert "DUOFLOWS_ANTHROPIC_BASE_URL" not in environment_of(layout)


def test_a_real_gitlab_takes_the_place_of_its_stand_in(story, tmp_path):
    named = {"GITLAB_URL": "https://gitlab.test", "GITLAB_TOKEN": "glpat-ours"}
    layout = layout_of(story, home=tmp_path, ports=Ports(), environment=named)

    assert names(layout) == ["temporal", "claude", "web", "worker"]
    assert environment_of(layout)["DUOFLOWS_GITLAB_URL"] == "https://gitlab.test"


def test_a_gitlab_without_a_token_is_refused(story, tmp_path):
    with pytest.raises(StackError, match="GITLAB_TOKEN"):
        layout_of(story, home=tmp_path, ports=Ports(), environment={"GITLAB_URL": "https://gitlab.test"})


def test_the_stand_ins_get_no_secret_of_the_environment(story, tmp_path, monkeypatch):
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-ours")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ours")
    layout = layout_of(story, home=tmp_path, ports=Ports())

    assert not {"glpat-ours", "sk-ours"} & {value for plan in plans_of(layout) for value in plan.env.values()}


def test_our_processes_are_told_everything_they_cannot_do_without(story, tmp_path, monkeypatch):
    layout = layout_of(story, home=tmp_path, ports=Ports())
    [monkeypatch.setenv(name, value) for name, value in environment_of(layout).items()]

    assert Settings().missing() == []


def test_a_scenario_without_a_service_account_is_refused_with_the_key_to_add(tmp_path):
    (tmp_path / "scenario.yaml").write_text(SCENARIO.replace(", bot: true", ""))

    with pytest.raises(StackError, match="bot: true"):
        layout_of(Story(folder=tmp_path), home=tmp_path, ports=Ports())


def test_a_folder_without_a_scenario_is_named(tmp_path):
    with pytest.raises(StackError, match="There is no scenario"):
        layout_of(Story(folder=tmp_path), home=tmp_path, ports=Ports())


def test_a_port_that_is_taken_is_not_chosen():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        assert not is_free(taken.getsockname()[1])


def test_every_listener_has_a_port_of_its_own():
    assert len(set(vars(free_ports()).values())) == len(vars(Ports()))
    assert len(set(vars(usual_ports()).values())) == len(vars(Ports()))
