import pytest
from pydantic import ValidationError

from duo_flows.bootstrap.services import unpriced_models
from duo_flows.bootstrap.settings import Settings, faults_of

ENOUGH = {"gitlab_url": "https://gitlab.test", "gitlab_token": "glpat-secret-of-ours", "signing_key": "k" * 32}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch):
    names = ("GITLAB_URL", "GITLAB_TOKEN", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "DUOFLOWS_SETTINGS_FILE")
    [monkeypatch.delenv(name, raising=False) for name in names]


def test_nothing_is_missing_from_settings_that_are_enough():
    assert Settings(**ENOUGH).missing() == []


@pytest.mark.parametrize(
    ("name", "words"), [("gitlab_url", "GITLAB_URL"), ("gitlab_token", "GITLAB_TOKEN"), ("signing_key", "DUOFLOWS_SIGNING_KEY")]
)
def test_each_missing_setting_is_named(name, words):
    (sentence,) = Settings(**{**ENOUGH, name: ""}).missing()

    assert words in sentence


def test_our_own_variable_wins_over_gitlabs(monkeypatch):
    monkeypatch.setenv("GITLAB_URL", "https://theirs.test")
    monkeypatch.setenv("DUOFLOWS_GITLAB_URL", "https://ours.test")

    assert Settings().gitlab_url == "https://ours.test"


def test_the_environment_wins_over_the_file(monkeypatch, tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text('temporal_address = "from-the-file:7233"\nmodel = "from-the-file"\n')
    monkeypatch.setenv("DUOFLOWS_SETTINGS_FILE", str(file))
    monkeypatch.setenv("DUOFLOWS_MODEL", "from-the-environment")

    settings = Settings()
    assert (settings.temporal_address, settings.model) == ("from-the-file:7233", "from-the-environment")


def test_models_are_named_by_tag_in_pairs(monkeypatch):
    monkeypatch.setenv("DUOFLOWS_MODELS_BY_TAG", "small=claude-haiku-5-5, large = claude-opus-5-5,")

    assert Settings().models_by_tag == {"small": "claude-haiku-5-5", "large": "claude-opus-5-5"}


def test_a_file_names_models_by_tag_as_a_table(monkeypatch, tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text('[models_by_tag]\nsmall = "claude-haiku-5-5"\n')
    monkeypatch.setenv("DUOFLOWS_SETTINGS_FILE", str(file))

    assert Settings().models_by_tag == {"small": "claude-haiku-5-5"}


@pytest.mark.parametrize("written", ["claude-haiku-5-5", "small=", "=claude-haiku-5-5"])
def test_models_that_are_not_in_pairs_are_refused(monkeypatch, written):
    monkeypatch.setenv("DUOFLOWS_MODELS_BY_TAG", written)

    with pytest.raises(ValidationError, match="write pairs `tag=model`"):
        Settings()


def test_models_without_a_price_are_named_once_each():
    settings = Settings(**ENOUGH, model="my-own", models_by_tag={"a": "my-own", "b": "claude-haiku-5-5-20260901", "c": "other"})

    assert unpriced_models(settings) == ("my-own", "other")


def test_a_secret_is_not_shown():
    assert "glpat-secret-of-ours" not in repr(Settings(**ENOUGH))


def test_a_fault_names_the_setting_and_not_its_value(monkeypatch):
    monkeypatch.setenv("DUOFLOWS_WEB_PORT", "glpat-in-the-wrong-place")
    with pytest.raises(ValidationError) as caught:
        Settings()

    (sentence,) = faults_of(caught.value)
    assert "web_port" in sentence.lower()
    assert "glpat" not in sentence


def test_all_secrets_are_known_to_whoever_hides_them():
    assert set(Settings(**ENOUGH).secrets()) >= {"glpat-secret-of-ours", "k" * 32}
