import pytest

from simulators.scenario_variables import TIMESTAMP_ANCHOR, ScenarioError, draw, read_settings, render

VARY = {
    "colour": {"choice": ["red", "green", "blue"]},
    "size": {"integer": [1, 1000]},
    "moment": {"timestamp_before": [1, 2]},
    "kind": {"choice": ["usual", "rare"], "default": "usual"},
    "label": "{{ colour }}-{{ size }}",
}


def drawn(*, seed=1, vary=VARY, **overrides):
    return draw(vary, seed=seed, overrides=overrides, where="scenario.yaml: vary")


def test_a_seed_gives_the_same_values_again():
    assert drawn(seed=5) == drawn(seed=5)


def test_other_seeds_give_other_values():
    assert len({drawn(seed=seed)["size"] for seed in range(20)}) > 10


def test_overriding_one_variable_leaves_the_others_as_they_were():
    assert {**drawn(), "size": "7", "label": f"{drawn()['colour']}-7"} == drawn(size="7")


def test_values_are_what_the_rule_says():
    values = drawn()

    assert values["colour"] in {"red", "green", "blue"}
    assert TIMESTAMP_ANCHOR - 2 * 86400 <= int(values["moment"]) <= TIMESTAMP_ANCHOR - 86400
    assert values["label"] == f"{values['colour']}-{values['size']}"


def test_a_default_is_taken_instead_of_drawing():
    assert {drawn(seed=seed)["kind"] for seed in range(20)} == {"usual"}
    assert drawn(kind="rare")["kind"] == "rare"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"shape": "x"}, "there is no variable shape to set; the scenario has colour, size, moment, kind, label"),
        ({"colour": "pink"}, "vary.colour: 'pink' is not allowed; choose one of red, green, blue"),
        ({"size": "5000"}, "vary.size: 5000 is not allowed; take a whole number from 1 to 1000"),
        ({"moment": "soon"}, "vary.moment: 'soon' is no whole number"),
    ],
)
def test_an_override_that_the_scenario_does_not_allow_is_refused(overrides, message):
    with pytest.raises(ScenarioError) as refusal:
        drawn(**overrides)

    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"dice": 6}, "must be a text, or have one of choice, integer, timestamp_before"),
        ({"choice": []}, "vary.x.choice: must be a list of values"),
        ({"integer": [9, 1]}, "vary.x.integer: must be two whole numbers"),
        ("{{ later }}", "'later' is undefined"),
    ],
)
def test_a_rule_that_cannot_be_drawn_is_refused(rule, message):
    with pytest.raises(ScenarioError) as refusal:
        drawn(vary={"x": rule})

    assert message in str(refusal.value)


def test_templates_run_in_a_sandbox():
    with pytest.raises(ScenarioError, match="unsafe"):
        render("{{ ''.__class__.__mro__ }}", variables={}, where="here")


def test_a_directory_without_a_scenario_is_told(tmp_path):
    with pytest.raises(ScenarioError, match=r"a scenario is a directory with scenario\.yaml"):
        read_settings(tmp_path, seed=None, overrides={})


def test_an_unknown_section_is_refused_with_the_known_ones(tmp_path):
    (tmp_path / "scenario.yaml").write_text("gitlba: {}")

    with pytest.raises(ScenarioError, match="unknown key gitlba; allowed are description, vary, gitlab, claude"):
        read_settings(tmp_path, seed=None, overrides={})


def test_a_scenario_may_be_named_by_its_file(tmp_path):
    (tmp_path / "other.yaml").write_text("vary: {a: b}")

    settings = read_settings(tmp_path / "other.yaml", seed=4, overrides={})

    assert (settings.variables, settings.folder, settings.seed) == ({"a": "b"}, tmp_path, 4)
