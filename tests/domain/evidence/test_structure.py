"""Headings, failed parts and what belongs to a find."""

import pytest

from duo_flows.domain.evidence.blocks import above, below
from duo_flows.domain.evidence.regions import Regions
from duo_flows.domain.evidence.scan import scan
from duo_flows.domain.evidence.structure import Level, heading_level

GITHUB = [
    "##[group]Run make build",
    "cc cart.c",
    "error: the first step complained",
    "##[group]Run make test",
    "##[endgroup]",
    "+ pytest",
    "E   assert 1 == 2",
    "##[error]Process completed with exit code 1.",
    "Post job cleanup.",
    "error: cleaning up complained",
]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("##[group]Run make test", Level.STEP),
        ('Executing "step_script" stage of the job script', Level.STEP),
        ("Post job cleanup.", Level.AFTER),
        ("Uploading artifacts for failed job", Level.AFTER),
        ("$ make test", Level.COMMAND),
        ("+ pytest -q", Level.COMMAND),
        ("[command]/usr/bin/git version", Level.COMMAND),
        ("##[group]Operating System", Level.PART),
        ("#12 [build 3/5] RUN make", Level.PART),
        ("> Task :compileJava", Level.PART),
        ("TASK [cart : install] ****", Level.PART),
        ("make it so", None),
        ("$5 is the price", None),
        ("", None),
    ],
)
def test_a_heading_is_known_by_its_own_line(line, level):
    assert heading_level(line) == level


def test_the_step_that_the_runner_speaks_of_has_failed_and_no_other():
    regions = Regions.of(scan(GITHUB), len(GITHUB))

    assert regions.failed == ((3, 7),)
    assert [regions.factor(index) for index in (2, 6, 9)] == sorted(
        [regions.factor(2), 1, regions.factor(9)], key=[0.6, 1, 0.35].index
    )


def test_the_last_command_of_a_failed_step_is_known():
    assert list(Regions.of(scan(GITHUB), len(GITHUB)).last_commands()) == [5]


def test_without_a_runners_word_the_whole_log_may_have_failed():
    assert Regions.of(scan(["one", "two"]), 2).failed == ((0, 1),)
    assert Regions.of(scan([]), 0).failed == ()


def test_what_a_job_prints_while_it_cleans_up_counts_for_less_but_not_the_runners_word():
    lines = [
        'Executing "step_script" stage of the job script',
        "boom",
        "Running after_script",
        "error: a service",
        "ERROR: Job failed: exit code 1",
    ]
    regions = Regions.of(scan(lines), len(lines))

    assert regions.factor(1) == regions.factor(4) == 1
    assert regions.factor(3) < 1


def find_in(lines, shape):
    return next(find for find in scan(lines).finds if find.shape.name == shape)


def test_details_are_what_is_set_deeper_and_end_where_that_ends():
    lines = [
        "--- FAIL: TestTotal (0.00s)",
        "    cart_test.go:12: total = 3, want 4",
        "    and more",
        "--- PASS: TestOther (0.00s)",
        "    detail of it",
    ]

    assert [near.index for near in below(lines, find_in(lines, "go test name"), {})] == [1, 2]


def test_frames_of_libraries_are_worth_less_than_the_projects_own():
    lines = ["TypeError: no total", "    at total (/app/src/cart.js:3:1)", "    at run (/app/node_modules/jest/index.js:9:9)"]
    own, foreign = below(lines, find_in(lines, "error class"), {})

    assert foreign.share < own.share / 2


def test_indented_text_has_the_headings_it_stands_under():
    lines = [
        "/app/src/cart.ts",
        "  3:1  error  no-undef  a",
        "  9:1  warning  no-console  b",
        "  12:5  error  no-undef  'price' is not defined",
    ]
    last = scan(lines).finds[-1]

    assert 0 in {near.index for near in above(lines, last)}
