"""Shapes that many tools share, tried when no tool is recognised: errors by name, counts, places, differences."""

from __future__ import annotations

from .shape import Kind, Shape, shape

# Endings of files that a place in a source names.
_ENDINGS = (
    "bash bats bzl c cc cfg cjs clj coffee conf cpp cs css cxx dart erl ex exs feature fs go gradle groovy h hcl hpp hs html "
    "ini ipynb "
    "java jl js json jsx kt kts less lua m md mjs ml mm nim nix php pl pm proto ps1 py pyi pyx r rb rs rst sass scala scss sh "
    "sol sql "
    "svelte swift tf toml ts tsx txt vb vue xml yaml yml zig"
)
_SOURCE_FILES = "|".join(f".{ending}{sign}" for ending in _ENDINGS.split() for sign in ":(")

GENERAL_SHAPES: tuple[Shape, ...] = (
    shape(
        "file that failed",
        Kind.NAME,
        "failed|failing|timed out|crashed",
        r"^[\w@./\\\[\]()+-]{1,300}\.[A-Za-z]\w{0,7}(?:::\S{1,300}| [\u203a>] .{1,200})? (?:.{0,40} )?(?:has |have )?"
        r"(?:failed|FAILED|failing|timed out|crashed)\b",
        after=4,
    ),
    shape(
        "assertion",
        Kind.ERROR,
        "assert|assertion|asserted|asserts",
        r"(?i)\bassert(?:ion)?(?: ?error| ?failed|ion.{0,60}failed)|Assertion `|AssertionFailed|assertion failed"
        r"|(?i:assert\w{0,20} failed)",
        after=16,
    ),
    shape(
        "error class",
        Kind.ERROR,
        "Error|Exception|Panic|Fault|Warning",
        r"^(?:Uncaught |Unhandled |thrown: |error: |\[?\w{1,20}\]? )?(?:[\w$]{1,60}(?:\."
        r"|::)){0,8}[A-Z][\w$]{0,80}(?:Error|Exception|Fault|Panic|Warning)\b ?(?::|$|\[| \()",
        after=18,
    ),
    shape(
        "qualified error",
        Kind.ERROR,
        "exceptions.|exception.|errors.|error.",
        r"^(?:\w{1,40}\.){0,8}(?:exceptions?|errors?)\.(?:\w{1,40}\.){0,3}[A-Z]\w{1,80}(?::|$)",
        after=10,
    ),
    shape(
        "zig and others",
        Kind.ERROR,
        "error(|error: the following|: error:|: Error:|: ERROR:",
        r": ?(?:error|Error|ERROR): ",
        after=8,
    ),
    shape(
        "errors counted",
        Kind.SUMMARY,
        "error|problem|issue|offense|offence|violation|failure|finding|vulnerabilities",
        r"\b[1-9][\d,]{0,8} (?:\w{1,20} )?(?:errors?|problems?|issues?|offen[sc]es?|violations?|failures?|findings?"
        r"|vulnerabilities)\b(?!\.\w)",
        after=3,
    ),
    shape(
        "diff head",
        Kind.DETAIL,
        "diff --git|@@ |--- |+++ ",
        r"^(?:diff --git |@@ -\d|--- (?:a/|\w\S{0,300}\.\w{1,8}\b|Expected)|\+\+\+ (?:b/|\w\S{0,300}\.\w{1,8}\b|Received"
        r"|Actual))",
        after=25,
        until=r"^diff --git",
    ),
    shape(
        "expected and actual",
        Kind.DETAIL,
        "expected|received|actual|got|want|diff:",
        r"^(?:[-+|>*] ?)?(?:\w{1,20} )?(?:expected|EXPECTED|Expected|[Rr]eceived|[Aa]ctual|ACTUAL|[Gg]ot|[Ww]ant|Diff)"
        r"(?: (?:value|output|OUTPUT|result|\w{1,12}))?\s{0,4}(?::|$)|^(?:Expected|Received|Actual|Got|Want)\b"
        r"|\bexpected\b.{0,200}\b(?:got|but|to|found|actual|received|was)\b",
        after=10,
    ),
    shape(
        "place",
        Kind.DETAIL,
        _SOURCE_FILES,
        r"^(?:\./|/|[A-Za-z]:\\)?[\w@.+/\\-]{1,300}\.[A-Za-z]\w{0,7}[:(]\d{1,7}(?:[:,]\d{1,5})?\)?:? \S",
        after=2,
    ),
)
