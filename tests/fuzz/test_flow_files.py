"""A short run of the fuzzer with a fixed seed, and what it starts from."""

import pytest

from duo_flows.adapters.flow_file import check_flow
from tests.fuzz.flow_files import Found, Mutator, run, seeds, try_file


@pytest.mark.parametrize("text", seeds())
def test_what_is_mutated_is_right_at_first(text):
    assert check_flow(text, is_custom=False).errors == ()


def test_the_same_seed_makes_the_same_files():
    one, other = Mutator(7), Mutator(7)

    assert [one.file() for _ in range(20)] == [other.file() for _ in range(20)]


def test_no_mutated_file_is_met_with_anything_but_words():
    # However busy this machine is, none of them takes minutes.
    found = run(20_260, cases=150, most_seconds=60.0)

    assert [fault for fault, _ in found.failures] == []
    assert len(found.kinds) > 20


def test_what_should_not_be_is_noticed():
    found = Found(most_seconds=-1.0)

    try_file(b"a: 1", found)

    assert "took" in found.failures[0][0]
