"""All failure shapes in the order in which they are tried: what runs a job first, then tools from special to general."""

from __future__ import annotations

from .lookup import ShapeIndex
from .shape import Kind, Shape, shape
from .shapes_builds import BUILD_SHAPES
from .shapes_checks import CHECK_SHAPES
from .shapes_general import GENERAL_SHAPES
from .shapes_runners import RUNNER_SHAPES
from .shapes_tests import TEST_SHAPES
from .shapes_tools import TOOL_SHAPES
from .skeleton import Skeletons
from .structure import HEADING_PATTERNS
from .vocabulary import Vocabulary
from .words import STRONG_TOKENS, WEAK_TOKENS, WORD_PATTERNS

# Lines of no known shape; they are found by words and never looked up.
STRONG_WORDS = shape("words of failure", Kind.WORD, "", "")
WEAK_WORDS = shape("words that may speak of failure", Kind.NOTE, "", "")

SHAPES: tuple[Shape, ...] = (*RUNNER_SHAPES, *TEST_SHAPES, *CHECK_SHAPES, *BUILD_SHAPES, *TOOL_SHAPES, *GENERAL_SHAPES)

INDEX = ShapeIndex(SHAPES)

VOCABULARY = Vocabulary(INDEX.words | STRONG_TOKENS | WEAK_TOKENS)

# Every pattern that judges a line, and every needle: the words in them are what makes one line differ from another.
SKELETONS = Skeletons(
    [
        *(row.pattern.pattern for row in SHAPES),
        *(needle for row in SHAPES for needle in row.needles),
        *WORD_PATTERNS,
        *HEADING_PATTERNS,
    ]
)
