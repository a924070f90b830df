"""The canonical form: one byte form for each value, and a digest that names it."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.canonical import canonical_json, digest_of, digest_of_bytes

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


def turned_round(value):
    if isinstance(value, dict):
        return {key: turned_round(value[key]) for key in reversed(value)}
    return [turned_round(part) for part in value] if isinstance(value, list) else value


@given(VALUES)
def test_the_order_of_keys_does_not_count(value):
    assert canonical_json(turned_round(value)) == canonical_json(value)


@given(VALUES)
def test_the_canonical_form_says_the_whole_value(value):
    assert json.loads(canonical_json(value)) == value


@given(VALUES, VALUES)
def test_two_values_have_one_digest_only_if_they_mean_the_same(one, two):
    assert (digest_of(one) == digest_of(two)) == (canonical_json(one) == canonical_json(two))


def test_a_digest_is_the_sha_256_of_the_canonical_form():
    data = b'{"a":[1,null],"b":"\xc3\xa9"}'

    assert canonical_json({"b": "é", "a": [1, None]}) == data
    assert digest_of({"b": "é", "a": [1, None]}) == digest_of_bytes(data) == hashlib.sha256(data).hexdigest()


def test_text_is_taken_as_it_is_and_not_normalised():
    assert digest_of("é") != digest_of("e\u0301")


def test_half_a_surrogate_pair_has_a_digest_of_its_own():
    assert digest_of("\ud800") not in {digest_of("\ufffd"), digest_of("?"), digest_of("")}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_json_cannot_carry_is_refused(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest_of({"a": number})


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object()])
def test_what_is_not_made_of_jsons_types_is_refused(value):
    with pytest.raises(TypeError):
        digest_of([value])
