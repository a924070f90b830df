"""Shapes of test runners: which tests failed, what was expected, how many there were."""

# ruff: noqa: RUF001 - the signs are those that the tools print

from __future__ import annotations

from .shape import Kind, Shape, shape

# pytest's headings and rules of signs.
_PYTEST_RULE = r"^(?:_{3,} .{1,300} _{3,}|={5,}.{0,300}={3,}|(?:FAILED|ERROR) \S)"
_BULLET_OR_SUMMARY = r"^(?:● |Test Suites:|PASS |FAIL )"

TEST_SHAPES: tuple[Shape, ...] = (
    # Tests that hang, of whatever runner
    shape(
        "test timeout",
        Kind.VERDICT,
        "Timeout|Stack of |Exceeded timeout|timed out after|Timed out after|Test timeout|TimeLimitExceeded|Async callback",
        r"^[+~]{8,} (?:Timeout|Stack of .{1,100}) [+~]{8,}$|\bFailed: Timeout [>(]|[Ee]xceeded timeout of \d|TimeLimitExceeded"
        r"|[Tt]est .{0,200}timed out after \d|^Test timeout|Async callback was not invoked within",
        after=14,
    ),
    # pytest and unittest
    shape(
        "pytest name",
        Kind.NAME,
        "FAILED |ERROR ",
        r"^(?:\[gw\d{1,3}\] .{0,40})?(?:FAILED|ERROR) (?:\[ ?\d{1,3}%\] )?[\w./\\-]{1,300}\.py\b",
        after=2,
    ),
    shape("pytest line", Kind.NAME, " FAILED| ERROR", r"^[\w./\\-]{1,300}\.py::.{1,400} (?:FAILED|ERROR)\b", after=0),
    shape("pytest heading", Kind.NAME, "____", r"^_{3,} .{1,300} _{3,}$", after=90, until=_PYTEST_RULE),
    shape(
        "pytest section",
        Kind.SUMMARY,
        "= ERRORS =|= FAILURES =|short test summary info",
        r"^=+ (?:ERRORS|FAILURES|short test summary info) =+$",
        after=2,
    ),
    shape(
        "pytest summary",
        Kind.SUMMARY,
        " failed| error",
        r"^=* ?(?:.{0,60}\b[1-9]\d{0,6} (?:failed|errors?)\b).{0,200} in [\d.:]{1,20}s?",
        after=3,
    ),
    shape(
        "pytest cause",
        Kind.ERROR,
        "E ",
        r"^E {1,20}(?:[\w.]{0,80}(?:Error|Exception|Warning|Failed|Exit|Interrupt|Timeout)\b|assert |\S)",
        after=4,
    ),
    shape(
        "pytest interrupted",
        Kind.SUMMARY,
        "Interrupted: |no tests ran|INTERNALERROR>|errors during collection|error during collection",
        r"^!+ .{1,200} !+$|no tests ran|^INTERNALERROR>|rrors? during collection",
    ),
    shape(
        "pytest worker",
        Kind.ERROR,
        "node down|worker '|Replacing crashed",
        r"node down|worker '.{1,20}' crashed|Replacing crashed worker",
    ),
    shape("unittest name", Kind.NAME, "FAIL: |ERROR: ", r"^(?:FAIL|ERROR): \w{1,120} \(", after=40, until=r"^={10,}$|^Ran \d"),
    shape("unittest summary", Kind.SUMMARY, "FAILED (", r"^FAILED \((?:failures|errors|unexpected)"),
    shape(
        "doctest", Kind.NAME, 'Failed example:|File "', r"^Failed example:|^File \".{1,300}\", line \d{1,6}, in .{1,200}$", after=10
    ),
    # Python's traces
    shape("python traceback", Kind.ERROR, "Traceback (most recent call last)", r"Traceback \(most recent call last\)", after=60),
    # jest, vitest, mocha, jasmine, karma, ava, tap, cypress, playwright
    shape("jest file", Kind.NAME, "FAIL |❯ ", r"^FAIL\s{1,4}(?!:)\S", after=3),
    shape("jest bullet", Kind.NAME, "● ", r"^● (?!Console|Validation Warning)\S", after=60, until=_BULLET_OR_SUMMARY),
    shape("cross mark", Kind.NAME, "✕|✗|✖|✘|×|❌|❯|☓|𐄂", r"^(?:\d{1,5}\) )?(?:[✕✗✖✘×❌☓𐄂]|❯ .{1,300}\d{1,5} failed)", after=3),
    shape(
        "jest summary",
        Kind.SUMMARY,
        "Tests:|Test Suites:|Test Files|Tests ",
        r"^(?:Tests:|Test Suites:|Test Files|Tests )\s{1,20}.{0,60}\bfailed\b",
        after=4,
    ),
    shape(
        "jest nothing found",
        Kind.ERROR,
        "No tests found|No test files found|no test files found|Your test suite must contain|No specs found|No test suite found"
        "|Test suite failed to run",
        r"[Nn]o test(?:s| files| suite)? found|No specs found|must contain at least one test|Test suite failed to run",
        after=12,
    ),
    shape(
        "jest threshold",
        Kind.ERROR,
        "threshold",
        r"(?i)coverage threshold|does not meet .{0,60}threshold|threshold .{1,60}not met|below (?:the )?(?:minimum "
        r"|required )?threshold",
    ),
    shape(
        "python coverage",
        Kind.ERROR,
        "Coverage failure|Required test coverage|fail-under|fail_under",
        r"Coverage failure|Required test coverage|[Tt]otal .{0,40}less than fail.under",
    ),
    shape("mocha summary", Kind.SUMMARY, " failing| pending", r"^[1-9]\d{0,5} failing\b", after=60),
    shape(
        "numbered failure",
        Kind.NAME,
        "1|2|3|4|5|6|7|8|9",
        r"^[1-9]\d{0,4}\) (?=\S)(?!.{0,200}\b(?:ok|passed|skipped)$)",
        after=25,
        until=r"^\d{1,5}\) |^(?:Finished in|Failed examples|Pending:)",
    ),
    shape("karma", Kind.NAME, " FAILED", r"\) .{1,300} FAILED$|^Executed \d{1,6} of \d{1,6} .{0,80}FAILED", after=15),
    shape("tap", Kind.NAME, "not ok ", r"^not ok \d", after=25, until=r"^(?:not )?ok \d|^\.\.\.$"),
    shape("tap summary", Kind.SUMMARY, "# fail|# failed", r"^# fail(?:ed|ures)?:? +[1-9]", after=2),
    shape("node test", Kind.SUMMARY, "ℹ fail |failing tests:", r"^ℹ fail [1-9]|failing tests:$", after=3),
    shape(
        "cypress",
        Kind.ERROR,
        "CypressError|AssertionError: Timed out|Timed out retrying|failed (|specs failed|│ ✖",
        r"CypressError|Timed out retrying|\d{1,4} of \d{1,4} (?:specs )?failed|^│ ✖",
    ),
    shape(
        "playwright",
        Kind.ERROR,
        "Error: expect(|Test timeout of|Error: locator|› |browserType.launch",
        r"^Error: (?:expect\(|locator|page\.|browserType)|Test timeout of \d|^\d{1,5}\) \[.{1,40}\] › "
        r"|^\[.{1,40}\] › .{1,300}:\d{1,6}:\d",
        after=25,
    ),
    shape("deno and bun", Kind.NAME, "... FAILED|(fail) ", r"\.\.\. (?:.\[0m)?FAILED|^\(fail\) ", after=3),
    # Go
    shape("go test name", Kind.NAME, "--- FAIL", r"^--- FAIL: ", after=25, until=r"^(?:---|===) |^(?:PASS|FAIL|ok)\b"),
    shape("go package", Kind.NAME, "FAIL", r"^FAIL(?:$|\s{1,8}[\w./-]{1,300}(?:\s|$))", after=0),
    shape(
        "go panic",
        Kind.ERROR,
        "panic: |goroutine |fatal error: ",
        r"^(?:panic: |fatal error: |goroutine \d{1,9} \[)",
        after=30,
        until=r"^FAIL\b|^exit status",
    ),
    shape(
        "go race",
        Kind.ERROR,
        "DATA RACE|race detected during execution|all goroutines are asleep|test timed out after",
        r"WARNING: DATA RACE|race detected during|all goroutines are asleep|test timed out after",
        after=40,
        until=r"^={10,}$",
    ),
    shape("go place", Kind.DETAIL, ".go:", r"^[\w./-]{1,200}\.go:\d{1,6}: ", after=8),
    shape("testify", Kind.ERROR, "Error Trace:|Error:  |Not equal:", r"^(?:Error Trace:|Error: {2,}|Not equal:)", after=14),
    shape(
        "ginkgo", Kind.NAME, "[FAIL]|[Fail]|[FAILED]|[PANICKED]|[It]", r"\[(?:FAIL|Fail|FAILED|PANICKED|TIMEDOUT)\]|^• \[", after=12
    ),
    # Rust
    shape(
        "rust test name",
        Kind.NAME,
        "... FAILED|... mismatch|... error",
        r"^test .{1,300} \.\.\. (?:.{0,6}FAILED|mismatch|error)",
        after=0,
    ),
    shape(
        "rust test output",
        Kind.NAME,
        "---- |FAIL [|TIMEOUT [|ABORT [|LEAK [|SIGSEGV [|SIGABRT [",
        r"^---- .{1,300} std(?:out|err) ----$|^(?:FAIL|TIMEOUT|SIG\w{3,5}|ABORT|LEAK) \[",
        after=40,
        until=r"^---- |^failures:$|^test result:|^(?:PASS|FAIL) \[",
    ),
    shape("rust panic", Kind.ERROR, "panicked at", r"\bpanicked at\b", after=10),
    shape(
        "rust summary",
        Kind.SUMMARY,
        "test result: FAILED|tests run: |tests failed|test failed, to rerun|test run failed| targets failed",
        r"^test result: FAILED|\btests? run: .{0,80}\bfailed\b|^\d{1,6} of \d{1,6} tests failed|test failed, to rerun"
        r"|test run failed|targets? failed",
        after=3,
    ),
    # JVM: surefire, JUnit, Gradle, sbt, ScalaTest, Spock, Kotest
    shape(
        "surefire summary",
        Kind.SUMMARY,
        "Tests run: ",
        r"Tests run: \d{1,7}, {1,3}Failures: \d{1,7}.{0,100}<<< (?:FAIL|ERR)|Tests run: \d{1,7}, {1,3}(?:Failures: [1-9]"
        r"|Failures: \d{1,7}, {1,3}Errors: [1-9])",
        after=3,
    ),
    shape("surefire name", Kind.NAME, "<<< FAILURE|<<< ERROR", r"<<< (?:FAILURE|ERROR)!", after=14),
    shape(
        "surefire list",
        Kind.SUMMARY,
        "Failures:|Errors:|Failed tests:|Tests in error:|There are test failures",
        r"^(?:\[ERROR\] )?(?:Failures:$|Errors:$|Failed tests:|Tests in error:|There are test failures)|^\[ERROR\] (?:Failures"
        r"|Errors):",
        after=25,
    ),
    shape("gradle test", Kind.NAME, " FAILED", r"^.{1,300} > .{1,300} FAILED$", after=16),
    shape(
        "gradle tests",
        Kind.SUMMARY,
        "tests completed, |There were failing tests",
        r"tests completed, [1-9]\d{0,6} failed|There were failing tests",
    ),
    shape("scalatest", Kind.NAME, "*** FAILED ***", r"\*\*\* FAILED \*\*\*", after=8),
    shape(
        "sbt",
        Kind.SUMMARY,
        "[error] Failed|[error] Error: Total|*** 1 TEST FAILED|TESTS FAILED ***|TestsFailedException|(Test / test)",
        r"^\[error\] (?:Failed|Error|Passed): Total|TESTS? FAILED \*\*\*|TestsFailedException|^\[error\] \(.{1,100}\)",
        after=6,
    ),
    shape("junit tree", Kind.NAME, "[X] |✘ ", r"\[X\] ", after=1),
    # .NET
    shape(
        "dotnet test name",
        Kind.NAME,
        "Failed |[FAIL]|X ",
        r"^(?:Failed|X) [\w.+`(<\"][^:]{0,300} ?\[[\d<]{1,6}.{0,12}\]$|\[FAIL\]$",
        after=25,
        until=r"^(?:Failed|Passed|Skipped) [\w.]|^Failed!",
    ),
    shape("dotnet test detail", Kind.DETAIL, "Error Message:|Stack Trace:", r"^(?:Error Message|Stack Trace):", after=10),
    shape(
        "dotnet test summary",
        Kind.SUMMARY,
        "Failed! |Test Run Failed|Failed: |Total tests:",
        r"^Failed!\s|^Test Run (?:Failed|Aborted)|^Failed: +[1-9]",
        after=4,
    ),
    shape(
        "nunit",
        Kind.NAME,
        "Failed : |Error : |Overall result: Failed|Test Count:",
        r"^\d{1,5}\) (?:Failed|Error) : |Overall result: Failed|Test Count: .{0,60}Failed: [1-9]",
        after=12,
    ),
    # Ruby, PHP, Perl, Elixir, Erlang, Haskell, Swift, Dart, R, Lua, Crystal, C and C++
    shape("rspec example", Kind.NAME, "rspec ./", r"^rspec \./\S", after=0),
    shape(
        "rspec summary",
        Kind.SUMMARY,
        " examples, | example, | runs, | tests, ",
        r"\d examples?, [1-9]\d{0,6} failures?|\d (?:runs|tests), \d{1,7} assertions, (?:[1-9]\d{0,6} failures"
        r"|\d{1,6} failures, [1-9])",
        after=3,
    ),
    shape("rspec detail", Kind.DETAIL, "Failure/Error:", r"^Failure/Error:", after=16, until=r"^\d{1,5}\) "),
    shape("minitest", Kind.NAME, "Failure:|Error:", r"^(?:Failure|Error):$", after=16),
    shape(
        "phpunit summary",
        Kind.SUMMARY,
        "FAILURES!|ERRORS!|There was 1 |There were |Tests: ",
        r"^(?:FAILURES|ERRORS)!$|^There (?:was|were) \d{1,5} (?:failure|error|risky)"
        r"|^Tests: \d{1,7}, Assertions: \d.{0,60}(?:Failures|Errors): [1-9]",
        after=4,
    ),
    shape("pest", Kind.NAME, "⨯ |FAILED  |FAIL  ", r"^⨯ |^FAILED {2,}\S", after=14),
    shape(
        "perl test",
        Kind.NAME,
        "#   Failed test|# Failed test|Result: FAIL|(Wstat: |Failed test|Dubious, test returned",
        r"^# +Failed test|^Result: FAIL|\(Wstat: [1-9]|\(Wstat: .{1,80}Failed: [1-9]"
        r"|Dubious, test returned|Failed \d{1,5}/\d{1,5} (?:subtests|test programs)",
        after=6,
    ),
    shape("exunit", Kind.SUMMARY, " tests, | doctests, | test, ", r"\d tests?, [1-9]\d{0,6} failures?", after=3),
    shape("eunit", Kind.NAME, "*failed*|FAILED {|Failed: ", r"\*failed\*|^FAILED \d|^Failed: [1-9]\d{0,5}\. ", after=12),
    shape("hspec", Kind.NAME, "FAILED [|examples, |To rerun use:", r"FAILED \[\d|^To rerun use:", after=12),
    shape("tasty", Kind.NAME, ": FAIL|FAIL (|out of", r": {1,60}FAIL(?: \(|$)|out of \d{1,6} tests failed", after=12),
    shape(
        "xctest",
        Kind.NAME,
        "' failed (|error: -[|** TEST|Failing tests:|Executed ",
        r"^Test (?:Case|Suite) .{1,200} failed|error: -\[|^\*\* (?:TEST|BUILD|ARCHIVE).{0,30} FAILED \*\*|^Failing tests:"
        r"|^Executed \d{1,6} tests?, with (?:.{0,40})[1-9]\d{0,5} failure",
        after=8,
    ),
    shape("swift testing", Kind.NAME, "recorded an issue|✘ Test", r"recorded an issue|^✘ (?:Test|Suite)", after=2),
    shape("dart", Kind.NAME, "[E]|Some tests failed", r"\[E\]$|Some tests failed", after=14),
    shape(
        "googletest",
        Kind.NAME,
        "[  FAILED  ]|: Failure",
        r"^\[ {2}FAILED {2}\]|:\d{1,6}: Failure$|\(\d{1,6}\): error: ",
        after=8,
        until=r"^\[ {1,9}(?:OK|RUN|FAILED)",
    ),
    shape(
        "catch2",
        Kind.NAME,
        "FAILED:|test cases: |assertions: ",
        r": FAILED:$|^(?:test cases|assertions): .{0,60}\| {1,6}[1-9]\d{0,6} failed",
        after=10,
    ),
    shape(
        "ctest",
        Kind.NAME,
        "***Failed|***Exception|***Timeout|tests failed out of|The following tests FAILED|(Failed)|(SEGFAULT)|(Timeout)",
        r"\*\*\*(?:Failed|Exception|Timeout|Not Run)|tests failed out of|The following tests FAILED|\((?:Failed|SEGFAULT|Timeout"
        r"|Subprocess aborted)\)$",
        after=4,
    ),
    shape("bats", Kind.DETAIL, "in test file", r"in test file .{1,200}, line \d", after=6),
    shape(
        "testthat", Kind.NAME, "Failure (|Error (|[ FAIL ", r"^(?:──? ?)?(?:Failure|Error) \(.{1,200}\)|^\[ FAIL [1-9]", after=14
    ),
)
