from pathlib import Path

import pytest

from simulators.gitlab.scenario import ScenarioError, load_scenario

FIX_PIPELINE = Path(__file__).parents[3] / "simulators" / "scenarios" / "fix_pipeline"
USERS = "users: [{username: ada, name: Ada, token: t}]"


@pytest.fixture
def load(tmp_path):
    """Loads a scenario of this `gitlab:` section and these files."""

    def load(section, *, vary="{}", files=None, **overrides):
        (tmp_path / "scenario.yaml").write_text(f"vary: {vary}\ngitlab: {{{section}}}\n")
        for path, content in (files or {}).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
        return load_scenario(tmp_path, seed=1, overrides=overrides)

    return load


def project(load, keys, **options):
    return load(f"{USERS}, projects: [{{path: group/app, {keys}}}]", **options).projects[0]


def test_defaults_are_those_that_the_page_tells(load):
    loaded = project(load, "members: {ada: developer}")

    assert (loaded.name, loaded.visibility, loaded.default_branch) == ("app", "private", "main")
    assert loaded.members == {"ada": 30}
    assert loaded.protected_branches == {"main": 40}


def test_files_come_from_directories_where_the_later_wins(load):
    files = {"one/a": b"1", "one/deep/b": b"1", "two/a": b"2", "one/__pycache__/x.pyc": b"x"}

    assert project(load, "files: [one, two]", files=files).files == {"a": b"2", "deep/b": b"1"}


def test_templates_and_names_are_rendered_and_other_files_are_left_alone(load):
    files = {"one/{{ area }}.txt.j2": b"It is {{ area }}.\n", "one/raw.txt": b"{{ area }} \xff"}

    loaded = project(load, "files: one", vary="{area: sales}", files=files)

    assert loaded.files == {"sales.txt": b"It is sales.\n", "raw.txt": b"{{ area }} \xff"}


def test_a_commit_adds_changes_and_deletes(load):
    keys = "commits: [{branch: b, start_branch: main, message: m, files: one, contents: {c: text}, delete: [old]}]"

    (commit,) = project(load, keys, files={"one/a": b"1"}).commits

    assert (commit.branch, commit.start_branch, commit.author) == ("b", "main", "ada")
    assert commit.files == {"a": b"1", "c": b"text", "old": None}


def test_titles_are_rendered(load):
    keys = "merge_requests: [{source_branch: b, author: ada, title: 'About {{ area }}'}]"

    (merge_request,) = project(load, keys, vary="{area: sales}", area="support").merge_requests

    assert (merge_request.title, merge_request.target_branch) == ("About support", "main")


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("users: [{username: ada}]", "scenario.yaml: gitlab.users.0.name: Field required"),
        (f"{USERS}, projects: [{{path: group/app, visiblity: private}}]", "projects.0.visiblity: is no key of a scenario"),
        (f"{USERS}, projects: [{{path: app}}]", "gitlab.projects.0.path: String should match pattern"),
        (f"{USERS}, projects: [{{path: g/a, visibility: secret}}]", "Input should be 'private', 'internal' or 'public'"),
        (f"{USERS}, projects: [{{path: g/a, members: {{ada: boss}}}}]", "'boss' is no role; allowed are no_one (0)"),
        (f"{USERS}, projects: [{{path: g/a, members: {{bob: guest}}}}]", "bob is no user of this scenario; users are ada"),
        (f"{USERS}, projects: [{{path: g/a, files: nowhere}}]", "there is no directory"),
        (f"{USERS}, projects: [{{path: g/a, issues: [{{title: '{{{{ x }}}}', author: ada}}]}}]", "'x' is undefined"),
        (f"{USERS}, projects: [{{path: g/a, hooks: [{{url: u, events: [all]}}]}}]", "Input should be 'push'"),
        ("projcts: []", "gitlab.projcts: is no key of a scenario; allowed here are projects, users"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_what_is_allowed(load, section, message):
    with pytest.raises(ScenarioError) as refusal:
        load(section)

    assert message in str(refusal.value)


def test_the_demo_scenario_has_its_people_and_its_branch():
    scenario = load_scenario(FIX_PIPELINE, seed=1, overrides={})
    (project,) = scenario.projects

    assert {user.username for user in scenario.users if user.bot} == {"duo"}
    assert project.members == {"duo": 30, "maya": 30, "daniel-r": 40, "gus": 10}
    assert "mallory" in {user.username for user in scenario.users}
    assert [commit.branch for commit in project.commits] == ["feat/payment-retry"]
    assert [item.author for item in project.merge_requests] == ["maya"]


@pytest.mark.parametrize("area", ["retry", "schedule", "settlement"])
def test_the_demo_scenario_puts_the_timestamp_where_the_variables_say(area):
    scenario = load_scenario(FIX_PIPELINE, seed=None, overrides={"area": area, "moment": "1691500800"})
    files = scenario.projects[0].commits[0].files

    assert [path for path, content in files.items() if b"1691500800" in content] == [f"tests/test_{area}.py"]


def test_the_demo_scenario_moves_the_failing_line():
    def line(seed):
        scenario = load_scenario(FIX_PIPELINE, seed=seed, overrides={"area": "retry", "moment": "1691500800"})
        text = scenario.projects[0].commits[0].files["tests/test_retry.py"].decode()
        return text[: text.index("1691500800")].count("\n") + 1

    assert len({line(seed) for seed in range(12)}) > 5
