"""All failure shapes in the order in which they are tried: what runs a job first, then tools from special to general."""

from __future__ import annotations

from .shape import Kind, Shape, ShapeIndex, shape
from .shapes_builds import BUILD_SHAPES
from .shapes_checks import CHECK_SHAPES
from .shapes_general import GENERAL_SHAPES
from .shapes_runners import RUNNER_SHAPES
from .shapes_tests import TEST_SHAPES
from .shapes_tools import TOOL_SHAPES

# Lines of no known shape; they are found by words and never looked up.
STRONG_WORDS = shape("words of failure", Kind.WORD, "", "")
WEAK_WORDS = shape("words that may speak of failure", Kind.NOTE, "", "")

SHAPES: tuple[Shape, ...] = (*RUNNER_SHAPES, *TEST_SHAPES, *CHECK_SHAPES, *BUILD_SHAPES, *TOOL_SHAPES, *GENERAL_SHAPES)

INDEX = ShapeIndex(SHAPES)
