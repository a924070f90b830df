"""Shapes of linters, formatters and type checkers: the finding, the file it is in, and the count at the end."""

from __future__ import annotations

from .shape import Kind, Shape, shape

CHECK_SHAPES: tuple[Shape, ...] = (
    # Type checkers
    shape("mypy", Kind.ERROR, ": error: ", r"^[\w./\\-]{1,300}\.pyi?:\d{1,7}(?::\d{1,5})?: error: ", after=3),
    shape("mypy note", Kind.NOTE, ": note: ", r"^[\w./\\-]{1,300}\.pyi?:\d{1,7}(?::\d{1,5})?: note: ", after=0),
    shape("mypy summary", Kind.SUMMARY, "Found ", r"^Found [1-9]\d{0,7} (?:errors?|problems?|issues?|warnings?)\b", after=3),
    shape("pyright", Kind.ERROR, " - error: | error: ", r"^\S{1,300}:\d{1,7}:\d{1,5} - error", after=3),
    shape("psalm and phpstan", Kind.ERROR, "ERROR: |[ERROR] Found|------ ---", r"^ERROR: \w{1,60} - |^\[ERROR\] Found \d", after=4),
    shape("flow and sorbet", Kind.ERROR, "Error ----|https://srb.help", r"^Error -{5,}|https://srb\.help", after=14),
    # What checkers call no error comes after what they do
    shape("pylint error", Kind.ERROR, ".py:", r"\.pyi?:\d{1,7}:\d{1,5}: [EF]\d{4}: ", after=2),
    shape("phpcs", Kind.ERROR, " ERROR ", r"^\d{1,7} \| ERROR +\|", after=1),
    shape(
        "ansible-lint",
        Kind.ERROR,
        "syntax-check|load-failure|internal-error|parser-error",
        r"(?:^|: )(?:syntax-check|load-failure|internal-error|parser-error)\b",
        after=3,
    ),
    shape(
        "lesser finding",
        Kind.LESSER,
        ": C|: R|: W|: I| warning: | info: | style: |WARNING |.yml:|.yaml:",
        r":\d{1,7}:\d{1,5}: [CWRI](?:: |\d{4}: )|:\d{1,7} (?:DL|SC)\d{4} (?:warning|info|style): |^\d{1,7} \| WARNING +\|"
        r"|\.ya?ml:\d{1,7}(?::\d{1,5})?: [a-z][\w-]{2,40}\[[\w-]{1,40}\]: ",
        after=1,
    ),
    # Pythons
    shape("flake8 and kin", Kind.ERROR, ".py:", r"\.pyi?:\d{1,7}:(?:\d{1,5}:?)? \(?\[?[A-Z]{1,5}\d{2,5}\b", after=2),
    shape("ruff", Kind.ERROR, "-->|Would reformat", r"^--> \S{1,300}:\d{1,7}:\d|^Would reformat", after=8),
    shape(
        "ruff rule",
        Kind.ERROR,
        "^A|^B|^C|^D|^E|^F|^G|^I|^N|^P|^Q|^R|^S|^T|^U|^W|^Y",
        r"^[A-Z]{1,5}\d{3,4} (?:\[\*\] )?\S",
        after=12,
    ),
    shape(
        "black and isort",
        Kind.ERROR,
        "would reformat|would be reformatted|Imports are incorrectly|cannot format|Oh no!",
        r"^would reformat|would be reformatted|Imports are incorrectly|cannot format|^Oh no!",
        after=2,
    ),
    shape("pylint heading", Kind.NAME, "************* Module", r"^\*{13} Module ", after=4),
    shape("pylint rating", Kind.SUMMARY, "Your code has been rated", r"Your code has been rated"),
    shape("bandit", Kind.ERROR, ">> Issue:|Severity: ", r"^>> Issue:", after=8),
    # JavaScript, CSS
    shape(
        "eslint",
        Kind.ERROR,
        "error|✖",
        r"^\d{1,7}:\d{1,5}\s{1,20}(?:error|✖)\s|^\S{1,300}: line \d{1,7}, col \d{1,5}, Error",
        after=0,
    ),
    shape("eslint summary", Kind.SUMMARY, "✖ | problems (", r"^✖ [1-9]\d{0,7} problem|problems? \([1-9]\d{0,7} error", after=2),
    shape("eslint warning", Kind.NOTE, "warning", r"^\d{1,7}:\d{1,5}\s{1,20}(?:warning|⚠)\s", after=0),
    shape("stylelint", Kind.ERROR, "✖", r"^\d{1,7}:\d{1,5}\s{1,20}✖", after=0),
    shape(
        "biome",
        Kind.ERROR,
        "━━━|lint/| format ",
        r"^\S{1,300}(?::\d{1,7}:\d{1,5})? (?:lint|format|parse|organizeImports|assist)\S{0,100} .{0,40}━━",
        after=16,
    ),
    shape(
        "prettier",
        Kind.ERROR,
        "[warn]|[error]|Code style issues|isn't formatted|prettier",
        r"^\[(?:warn|error)\] \S|Code style issues|isn't formatted|prettier to format",
        after=6,
    ),
    # Go, shell, YAML, Markdown, Docker, Terraform
    shape("golangci-lint", Kind.ERROR, ".go:", r"\.go:\d{1,6}(?::\d{1,4})?: .{1,300} \(\w{2,30}\)$", after=3),
    shape(
        "gofmt",
        Kind.ERROR,
        "diff -u|File is not|gofmt",
        r"^diff -u |File is not .{1,40}-ed|not gofmt|gofmt (?:needs|found|-l)",
        after=20,
    ),
    shape("shellcheck", Kind.ERROR, "In |SC", r"^In \S{1,300} line \d{1,6}:$|\bSC\d{4}\b", after=5),
    shape(
        "yamllint",
        Kind.ERROR,
        "error|::error",
        r"^\d{1,7}:\d{1,5}\s{1,20}error\s|^\S{1,200}\.ya?ml:\d{1,7}:\d{1,5}: \[error\]",
        after=0,
    ),
    shape("markdownlint", Kind.ERROR, "MD0", r"\bMD0\d\d\b", after=0),
    shape(
        "hadolint and actionlint",
        Kind.ERROR,
        "DL|SC|[syntax-check]|[expression]|[shellcheck]",
        r"\bDL[34]\d{3}\b|\[(?:syntax-check|expression|shellcheck)\]$",
        after=4,
    ),
    shape("rubocop", Kind.ERROR, ": E: |: F: ", r":\d{1,7}:\d{1,5}: [EF]: ", after=3),
    shape(
        "clippy and clang-tidy",
        Kind.ERROR,
        "-D warnings|[-Werror|-warnings-as-errors|[clang-diagnostic",
        r"`-D \S|\[-Werror|-warnings-as-errors|\[clang-diagnostic",
        after=6,
    ),
    shape(
        "checkstyle and ktlint",
        Kind.ERROR,
        "[ERROR] /|[ERROR] src|.kt:",
        r"^\[ERROR\] \S{1,300}:\d{1,7}:|\.kts?:\d{1,7}:\d{1,5}: ",
        after=1,
    ),
    shape("swiftlint", Kind.ERROR, "(force_|Violation:", r"Violation: ", after=0),
    # pre-commit and checks by difference
    shape(
        "pre-commit",
        Kind.NAME,
        "Failed",
        r"^.{2,120}\.{3,}.{0,30}Failed$",
        after=30,
        until=r"\.{3,}.{0,30}(?:Passed|Failed|Skipped)$",
    ),
    shape(
        "pre-commit detail",
        Kind.DETAIL,
        "- hook id:|- exit code:|files were modified by this hook|- files were",
        r"^- (?:hook id|exit code|duration|files were)|files were modified by this hook",
        after=4,
    ),
    shape(
        "left-over change",
        Kind.ERROR,
        "uncommitted|out of date|not up to date|up-to-date|needs to be regenerated|not clean|please run|Please run|differs from",
        r"uncommitted changes|(?:is|are) (?:out of date|not up.to.date)|needs to be regenerated|(?:tree|directory) is not clean"
        r"|[Pp]lease run .{1,100}(?:commit|again|fix|update)",
        after=6,
    ),
    shape("commit message", Kind.ERROR, "subject|type must be|body-max|✖   ", r"\[(?:subject|type|body|header)-\w{1,30}", after=2),
    shape(
        "secrets and audits",
        Kind.ERROR,
        "leaks found|Finding:|CVE-|GHSA-|vulnerability|vulnerabilities",
        r"leaks found|^Finding: |\bCVE-\d{4}-\d{4,7}\b|\bGHSA-\w{4}-|[1-9]\d{0,5} .{0,30}vulnerabilit",
        after=4,
    ),
)
