import pytest

from simulators.gitlab.ci.expressions import ExpressionError, evaluate

VARIABLES = {"BRANCH": "feat/retry", "EMPTY": "", "MAIN": "main", "PATTERN": "/^feat/"}


@pytest.mark.parametrize(
    "expression",
    [
        "$BRANCH",
        '$BRANCH == "feat/retry"',
        "$BRANCH != $MAIN",
        "$MISSING == null",
        '$EMPTY == ""',
        "$EMPTY != null",
        "$BRANCH =~ /^feat\\//",
        "$BRANCH =~ /^FEAT/i",
        "$BRANCH =~ $PATTERN",
        "$BRANCH !~ /^fix/",
        "$MISSING !~ /x/",
        "$EMPTY || $BRANCH",
        '$MAIN == "x" && $EMPTY || $BRANCH',
        '($EMPTY || $BRANCH) && $MAIN == "main"',
        "${BRANCH} == 'feat/retry'",
    ],
)
def test_holds(expression):
    assert evaluate(expression, variables=VARIABLES)


@pytest.mark.parametrize(
    "expression",
    [
        "$EMPTY",
        "$MISSING",
        "$MISSING =~ /x/",
        "$BRANCH == null",
        "$EMPTY == null",
        "$BRANCH && $EMPTY",
        '$MAIN == "x" && ($EMPTY || $BRANCH)',
        "$BRANCH =~ $MAIN",
    ],
)
def test_does_not_hold(expression):
    assert not evaluate(expression, variables=VARIABLES)


@pytest.mark.parametrize("expression", ["", "$A =", "$A == ", "($A", "$A $B", "BRANCH == 'x'", "$A =~ /(/", "&& $A"])
def test_what_is_no_expression_is_refused(expression):
    with pytest.raises(ExpressionError, match="invalid expression syntax"):
        evaluate(expression, variables=VARIABLES)
