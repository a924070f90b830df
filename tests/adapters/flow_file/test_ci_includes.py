"""Includes of a pipeline configuration: whatever leads out of the project is found, however it is written."""

import pytest

from duo_flows.adapters.flow_file.ci_includes import foreign_includes
from duo_flows.domain.errors import Refused


@pytest.mark.parametrize(
    "text",
    [
        "build: {script: [make]}",
        "include: ci/jobs.yml",
        "include: {local: /ci/jobs.yml, rules: [{if: $CI}]}\nbuild: {script: !reference [.a, script]}",
        "include: [{template: Auto-DevOps.gitlab-ci.yml}, /ci/a.yml]",
        "",
    ],
)
def test_what_stays_in_the_project_is_not_foreign(text):
    assert foreign_includes(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "include: {project: hidden/x, file: a.yml}",
        "include: [{local: a.yml}, {project: hidden/x, file: a.yml}]",
        "include: https://evil.example/a.yml",
        "include: $HOST/a.yml",
        "include: {remote: 'https://evil.example/a.yml'}",
        "include: {component: gitlab.test/hidden/x@1}",
        '"incl\\x75de": {project: hidden/x, file: a.yml}',
        "!!binary aW5jbHVkZQ==: {project: hidden/x, file: a.yml}",
        ".x: &x {include: {project: hidden/x, file: a.yml}}\n<<: *x",
        ".x: &x {project: hidden/x}\ninclude: {<<: *x, local: a.yml}",
        "a: 1\n---\ninclude: {project: hidden/x, file: a.yml}",
        "child: {trigger: {include: [{project: hidden/x, file: a.yml}]}}",
        "include: [[{project: hidden/x}]]",
    ],
)
def test_what_leads_out_of_the_project_is_found(text):
    assert foreign_includes(text) != ()


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\x1b[1m: x", "a: &x 1\nb: *y", "[" * 100_000])
def test_what_cannot_be_read_is_refused_with_its_place(text):
    with pytest.raises(Refused, match=r"not YAML|nested too deeply"):
        foreign_includes(text)
