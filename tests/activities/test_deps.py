"""What is too large to travel goes by reference, and comes back as it was."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.deps import INLINE_BYTES
from duo_flows.domain.errors import NotFound
from duo_flows.domain.flow_context import is_stored
from tests.doubles.world import World

LONG_TEXT = st.integers(0, 6_000).map(lambda length: "é" * length)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | LONG_TEXT
# No key that begins with a dollar: such a value would pose as a reference, and those are refused where they come in.
KEYS = st.text(max_size=8).filter(lambda key: not key.startswith("$"))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10)


@settings(deadline=None)
@given(VALUES)
async def test_every_value_comes_back_as_it_was(value):
    deps = World().deps

    travelling = await deps.travelling(value)

    assert await deps.loaded(travelling) == value
    assert await deps.loaded({"a": [travelling, {"b": travelling}]}) == {"a": [value, {"b": value}]}


@settings(deadline=None)
@given(VALUES)
async def test_only_what_is_small_travels_itself(value):
    size = len(json.dumps(value, ensure_ascii=False).encode())

    travelling = await World().deps.travelling(value)

    assert is_stored(travelling) == (size > INLINE_BYTES)


@settings(deadline=None)
@given(value=st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), name=KEYS)
async def test_a_part_of_a_stored_value_comes_back_as_that_part(value, name):
    deps = World().deps
    whole = {**value, name: "x" * (INLINE_BYTES + 1)}

    travelling = await deps.travelling(whole)

    assert await deps.loaded(travelling["$fields"][name]) == whole[name]


@pytest.mark.parametrize(("length", "travels"), [(INLINE_BYTES - 2, True), (INLINE_BYTES - 1, False)])
async def test_the_limit_counts_bytes_and_is_included(length, travels):
    # Two more are the quotation marks.
    assert is_stored(await World().deps.travelling("x" * length)) is not travels


async def test_a_reference_to_nothing_is_told_as_such():
    with pytest.raises(NotFound):
        await World().deps.loaded({"$ref": "0" * 64, "$size": 1, "$fields": {}})


@given(st.text(st.characters()))
async def test_every_text_comes_back_as_it_was(text):
    deps = World().deps

    assert await deps.text(await deps.put_text(text)) == text


@pytest.mark.parametrize("public_url", ["http://duo.test", "http://duo.test/"])
def test_a_session_is_looked_at_at_our_own_address(public_url):
    world = World()
    deps = type(world.deps)(**{**vars(world.deps), "public_url": public_url})

    assert deps.session_url("s1") == "http://duo.test/api/v1/sessions/s1"
