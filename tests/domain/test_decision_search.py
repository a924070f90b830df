"""Words, ranks, passages and cursors of a search."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.decision_search import Place, asked_words, cursor_of, place_of, rank, search_text, snippet

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONTENT = search_text(
    label="GA-004", title="Identity Migration", summary="Moves the provider.", text="Billing: frozen until October."
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Straße STRASSE strasse", ("strasse",)),
        ("cafe\u0301 Café", ("cafe",)),
        ("meridian-billing v2.1 snake_case", ("meridian", "billing", "v2", "1", "snake", "case")),
        ("凍結中 x² ﬁle", ("凍結中", "x2", "file")),
        ("'; -- \0 * & |", ()),
        ("a" * 99, ("a" * 48,)),
    ],
)
def test_a_word_is_a_run_of_letters_and_digits_whatever_its_capitals_and_accents(text, words):
    assert asked_words(text) == words


@given(st.text())
def test_words_have_no_sign_that_any_database_could_take_for_syntax(text):
    assert "".join(asked_words(text)).replace(" ", "x").isalnum() or asked_words(text) == ()


@pytest.mark.parametrize(
    ("words", "fit"),
    [("ident", 2), ("ga 004", 2), ("identity moves", 1), ("identity frozen", 0), ("october", 0), ("frozen thaw", None)],
)
def test_a_decision_ranks_by_where_all_the_words_stand(words, fit):
    assert rank(CONTENT, asked_words(words)) == fit


def test_a_passage_begins_shortly_before_its_first_hit_and_marks_all_of_them():
    text = "x " * 200 + "billing is frozen, Billing stays" + " y" * 200

    shown = snippet(("billing",), "nothing here", text)

    assert [shown.text[begin:end] for begin, end in shown.marks] == ["billing", "Billing"]
    assert len(shown.text) == 240


def test_without_words_the_beginning_of_the_summary_is_shown():
    assert snippet((), "Approved by four.", "the plan").text == "Approved by four."
    assert snippet(("absent",)).text == ""


@given(st.lists(st.text(), min_size=1, max_size=3), st.text(min_size=1))
def test_marks_always_lie_within_the_passage(passages, words):
    shown = snippet(asked_words(words), *passages)

    assert all(0 <= begin < end <= len(shown.text) for begin, end in shown.marks)


@given(st.integers(0, 2), st.datetimes(timezones=st.just(UTC)), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_a_cursor_leads_back_to_its_place(fit, decided_at, item_id):
    place = Place(rank=fit, decided_at=decided_at, item_id=item_id)

    assert place_of(cursor_of(place)) == place
