"""Differences by the word."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from duo_flows.domain.plans.words import SpanKind, longest_rising, word_spans

TEXTS = st.lists(st.sampled_from(["a", "b", "Phase ", "1", "3", " ", "  ", "\n", ".", "`x y`", "e/f"]), max_size=20).map("".join)


def without(kind, spans):
    return "".join(text for found, text in spans if found is not kind)


@given(TEXTS, TEXTS)
@settings(deadline=None)
def test_both_texts_can_be_read_from_the_difference(before, after):
    spans = word_spans(before, after)
    assert without(SpanKind.ADDED, spans) == before
    assert without(SpanKind.REMOVED, spans) == after


@given(TEXTS, TEXTS)
@settings(deadline=None)
def test_neighbouring_spans_differ_and_none_is_empty(before, after):
    spans = word_spans(before, after)
    assert all(one.kind is not other.kind for one, other in pairwise(spans))
    assert all(span.text for span in spans)


@given(TEXTS)
@settings(deadline=None)
def test_a_text_is_no_different_from_itself(text):
    assert {span.kind for span in word_spans(text, text)} <= {SpanKind.SAME}


def test_paths_and_code_change_as_a_whole():
    spans = word_spans("Edit `app/limiter.py` in app/core/a.py.", "Edit `app/limits.py` in app/core/b.py.")
    changed = [span.text for span in spans if span.kind is not SpanKind.SAME]
    assert changed == ["`app/limiter.py` ", "`app/limits.py` ", "app/core/a.py", "app/core/b.py"]


def test_a_text_too_long_for_words_is_replaced_as_a_whole():
    before, after = "a b " * 6_000, "a c " * 6_000
    assert word_spans(before, after) == ((SpanKind.REMOVED, before), (SpanKind.ADDED, after))


@given(st.permutations(range(12)))
@settings(deadline=None)
def test_the_longest_rising_run_rises_and_none_is_longer(values):
    chain = [values[at] for at in longest_rising(values)]
    lengths = [1] * len(values)
    for at, value in enumerate(values):
        lengths[at] = 1 + max((lengths[before] for before in range(at) if values[before] < value), default=0)
    assert chain == sorted(chain)
    assert len(chain) == max(lengths)
