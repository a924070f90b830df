import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.versions import Version, fits


@pytest.mark.parametrize(
    ("version", "constraint", "is_fit"),
    [
        ("1.0.0", "^1.0.0", True),
        ("1.9.9", "^1.0.0", True),
        ("2.0.0", "^1.0.0", False),
        ("0.9.0", "^1.0.0", False),
        ("0.2.3", "^0.2.1", True),
        ("0.3.0", "^0.2.1", False),
        ("0.0.3", "^0.0.3", True),
        ("0.0.4", "^0.0.3", False),
        ("1.2.9", "~1.2.3", True),
        ("1.3.0", "~1.2.3", False),
        ("1.2.2", "~1.2.3", False),
        ("7.0.0", ">=1.2.3", True),
        ("1.2.2", ">= 1.2.3", False),
        ("1.2.3", "1.2.3", True),
        ("1.2.4", "=1.2.3", False),
        ("1.2", "^1.2.0", True),
        ("2.0.0-dev", "^1.0.0", False),
        ("1.1.0-dev", ">=1.0.0", False),
        ("1.0.0-rc.2", ">=1.0.0-rc.1", True),
        ("1.0.0-rc.1", ">=1.0.0", False),
    ],
)
def test_a_version_fits_or_not(version, constraint, is_fit):
    assert fits(Version.parse(version), constraint) is is_fit


def test_pre_releases_come_before_their_release_and_numbers_before_words():
    in_order = ["1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-beta.1", "1.0.0-beta.2", "1.0.0", "1.0.1"]

    assert sorted(map(Version.parse, reversed(in_order))) == [Version.parse(text) for text in in_order]


@pytest.mark.parametrize("text", ["", "one", "1.2.3.4", "v1", "1..2", "1.0.0-", "\u0661.0.0", "9" * 10])
def test_what_is_no_version_is_said_so(text):
    with pytest.raises(ValueError, match=r"written 1\.2\.3"):
        Version.parse(text)


@pytest.mark.parametrize("constraint", ["", "^", "^1.0.0 || ^2.0.0", "^x"])
def test_what_is_no_constraint_is_said_so(constraint):
    with pytest.raises(ValueError, match="is written"):
        fits(Version(major=1), constraint)


versions = st.builds(Version, major=st.integers(0, 3), minor=st.integers(0, 3), patch=st.integers(0, 3))


@given(versions, versions)
def test_whatever_fits_the_narrower_constraint_fits_the_wider(version, least):
    text = f"{least.major}.{least.minor}.{least.patch}"
    exact, tilde, caret, later = (fits(version, f"{operator}{text}") for operator in ("=", "~", "^", ">="))

    assert exact <= tilde <= later
    assert exact <= caret <= later
    assert later == (version >= least)
