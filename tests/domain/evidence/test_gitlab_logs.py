"""Logs as GitLab Runner writes them: whatever tool fails among thousands of lines, a page of evidence says why."""

import pytest

from duo_flows.domain.evidence import log_lines, reduce_log, sections_of
from tests.domain.evidence.tool_stories import STORIES

# Noise as jobs have it, with words that sound like failures.
_NOISE = (
    "Downloading https://registry.example.com/pkg-{0}.tgz",
    "{1} compiled module_{2} in {0} ms",
    "DEBUG [{0}] handler error_handler.py loaded, errors=0",
    "test {2}::fails_on_bad_input ... ok",
    "INFO retry policy: max_attempts={0}",
    "warning: unused variable `{2}`",
    "  inflating: dist/{2}/asset-{0}.js",
    "PASS src/{2}/{2}.test.ts ({0} ms)",
)
_LETTERS = "abcdefghij"


def noise(count, *, seed):
    """Return lines that differ in more than their digits."""
    word = [
        _LETTERS[(number * 7 + seed) % 10] + _LETTERS[number // 10 % 10] + _LETTERS[number // 100 % 10] for number in range(count)
    ]
    return [_NOISE[number % len(_NOISE)].format(number, word[number].upper(), word[number]) for number in range(count)]


def section(name, title, lines, *, ends=True):
    end = [f"\x1b[0Ksection_end:1560896380:{name}\r\x1b[0K"] if ends else []
    return [f"\x1b[0Ksection_start:1560896352:{name}\r\x1b[0K\x1b[0K\x1b[36;1m{title}\x1b[0;m\x1b[0;m", *lines, *end]


def job(command, printed, *, before=3_000, after_script=()):
    """Return the raw trace of a job whose last command prints this and fails."""
    script = [
        "\x1b[32;1m$ npm run prepare\x1b[0;m",
        *noise(before, seed=3),
        f"\x1b[32;1m$ {command}\x1b[0;m",
        *printed.split("\n")[:-1],
    ]
    lines = [
        "Running with gitlab-runner 17.0.0 (44feccdf)",
        *section(
            "prepare_executor",
            'Preparing the "docker" executor',
            ["Using Docker executor with image node:20 ...", *noise(40, seed=1)],
        ),
        *section(
            "get_sources",
            "Getting source from Git repository",
            ["Fetching changes with git depth set to 20...", "Checking out 3f2a1c4b as detached HEAD"],
        ),
        *section("step_script", 'Executing "step_script" stage of the job script', script),
        *section("after_script", "Running after_script", ["\x1b[32;1m$ ls dist\x1b[0;m", *after_script]),
        *section(
            "upload_artifacts_on_failure",
            "Uploading artifacts for failed job",
            ["Uploading artifacts...", "WARNING: report.xml: no matching files. Ensure that the artifact path is relative"],
        ),
        *section("cleanup_file_variables", "Cleaning up project directory and file based variables", []),
        "\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m",
    ]
    return "".join(f"2026-05-22T12:43:{number % 60:02}.962646Z 00O {line}\n" for number, line in enumerate(lines)).encode()


def reduced(raw, budget):
    return reduce_log(log_lines(raw), budget=budget, sections=sections_of(raw))


@pytest.mark.parametrize("budget", [3_000, 12_000])
@pytest.mark.parametrize("tool", STORIES)
def test_what_a_tool_says_of_its_failure_is_kept(tool, budget):
    story = STORIES[tool]

    text = reduced(job(story.command, story.printed), budget).text

    assert [line for line in (f"$ {story.command}", *story.needed, "ERROR: Job failed: exit code 1") if line not in text] == []


@pytest.mark.parametrize("tool", STORIES)
def test_what_the_job_does_after_its_failure_does_not_hide_it(tool):
    story = STORIES[tool]
    chatter = noise(500, seed=5)

    text = reduced(job(story.command, story.printed, after_script=chatter), 6_000).text

    assert [line for line in (f"$ {story.command}", *story.needed) if line not in text] == []


def test_a_section_that_its_script_left_open_is_shown():
    inner = section("integration", "Integration tests against the staging shop", noise(600, seed=7), ends=False)

    text = reduced(job("./scripts/all.sh", "\n".join([*inner, ""])), 1_500).text

    assert "Integration tests against the staging shop" in text


def test_the_first_and_the_last_of_many_different_failures_are_kept():
    failures = [
        f"{word}.py:{number}: error: no {word} here"
        for number, word in enumerate(f"{a}{b}{c}" for a in _LETTERS for b in _LETTERS for c in _LETTERS)
    ]

    text = reduced(job("make lint", "\n".join([*failures, ""])), 4_000).text

    assert [line for line in (failures[0], failures[1], failures[-1]) if line not in text] == []


def test_the_same_failure_a_thousand_times_leaves_room_for_another():
    again = ["ERROR 12:00:00 cannot reach the shop at 10.0.0.1:8080, trying again"] * 1_000
    printed = "\n".join([*again[:500], "FATAL: the cart is gone", *again[500:], ""])

    assert "FATAL: the cart is gone" in reduced(job("./run.sh", printed), 1_500).text


def test_a_green_log_leaves_what_is_new():
    usual = "\n".join([f"ERROR the {word} service answered late" for word in noise(300, seed=9)] + [""])
    green = log_lines(job("./run.sh", usual))
    red = log_lines(job("./run.sh", usual.replace("\n", "\nthe price list has two heads\n", 1)))

    assert "the price list has two heads" in reduce_log(red, budget=2_500, green=green).text
