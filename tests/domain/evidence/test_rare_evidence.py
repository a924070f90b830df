"""What is easily buried: few errors among thousands of lesser findings, crashes far before the summary, waiting without a word."""

# ruff: noqa: E501 - the lengths are those that the tools print

import pytest

from duo_flows.domain.evidence import log_lines, reduce_log, sections_of
from tests.domain.evidence.test_gitlab_logs import job, noise

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = [f"{one}{two}{three}" for one in LETTERS[:14] for two in LETTERS[:14] for three in LETTERS[:14]]


def reduced(raw, budget=6_000):
    return reduce_log(log_lines(raw), budget=budget, sections=sections_of(raw)).text


def among(line, others):
    """Return the line in the middle of the others."""
    return [*others[: len(others) // 2], line, *others[len(others) // 2 :]]


CHECKERS = {
    "pylint": (
        [f"shop/{name}.py:12:0: C0116: Missing function or method docstring (missing-function-docstring)" for name in NAMES],
        "shop/cart.py:40:11: E0602: Undefined variable 'prcie' (undefined-variable)",
    ),
    "rubocop": (
        [f"lib/{name}.rb:3:5: C: [Correctable] Style/StringLiterals: Prefer single-quoted strings" for name in NAMES],
        "lib/cart.rb:9:1: F: Lint/Syntax: unexpected token kEND",
    ),
    "eslint": (
        [f"  12:5  warning  '{name}' is assigned a value but never used  no-unused-vars" for name in NAMES],
        "  40:11  error  'prcie' is not defined  no-undef",
    ),
    "stylelint": (
        [f"  12:5  ⚠  Unexpected unknown unit in {name}  unit-no-unknown" for name in NAMES],
        "  40:11  ✖  Unknown word prcie  CssSyntaxError",
    ),
    "hadolint": (
        [f"images/{name}/Dockerfile:3 DL3008 warning: Pin versions in apt get install" for name in NAMES],
        "images/cart/Dockerfile:9 DL1000 error: unexpected 'RNU'",
    ),
    "phpcs": (
        [f"  12 | WARNING | [ ] Line of {name} exceeds 80 characters" for name in NAMES],
        "  40 | ERROR   | [ ] The file cart ends in the middle of a function",
    ),
    "ansible-lint": (
        [f"roles/{name}/tasks/main.yml:12:7: yaml[line-length]: Line too long" for name in NAMES],
        "roles/cart/tasks/main.yml:9: syntax-check[specific]: couldn't resolve module/action 'shop_price'",
    ),
    "checkstyle": (
        [f"[WARN] /builds/shop/src/{name.title()}.java:12: Line is longer than 100 characters [LineLength]" for name in NAMES],
        "[ERROR] /builds/shop/src/Cart.java:40:11: expecting RCURLY, found 'EOF' [TreeWalker]",
    ),
    "one rule of many": (
        [f"src/{name}.ts(1,22): error TS2305: Module '\"@shop/types\"' has no exported member 'Money'." for name in NAMES],
        "src/types.ts(3,15): error TS2307: Cannot find module './money'.",
    ),
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_one_error_among_thousands_of_lesser_findings_is_kept(checker):
    lesser, error = CHECKERS[checker]

    assert error.strip() in reduced(job("make lint", "\n".join([*among(error, lesser), ""]), before=50))


def test_lesser_findings_are_kept_where_there_are_no_others():
    lesser, _ = CHECKERS["pylint"]

    text = reduced(job("make lint", "\n".join([*lesser, ""])))

    assert [line for line in (lesser[0], lesser[1], lesser[-1]) if line not in text] == []


CRASHES = {
    "faulthandler": (
        (
            "tests/test_cart.py::test_total Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f3c1a7fe700 (most recent call first):\n"
            '  File "/builds/shop/shop/native.py", line 12 in total\n  File "/builds/shop/tests/test_cart.py", line 40 in test_total\n'
        ),
        (
            "tests/test_cart.py::test_total Fatal Python error: Segmentation fault",
            '"/builds/shop/tests/test_cart.py", line 40 in test_total',
        ),
    ),
    "JVM": (
        (
            "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x00007f1c, pid=12, tid=13\n#\n"
            "# Problematic frame:\n# C  [libcart.so+0x1a2b]  cart_total+0x1b\n#\n"
        ),
        ("#  SIGSEGV (0xb) at pc=0x00007f1c, pid=12, tid=13", "# C  [libcart.so+0x1a2b]  cart_total+0x1b"),
    ),
    "Node": (
        (
            "<--- Last few GCs --->\n\n[12:0x5]  4000 ms: Mark-sweep 2046.1 (2083.4) -> 2045.9 MB\n\n<--- JS stacktrace --->\n\n"
            "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n 1: 0xb00 node::Abort() [node]\n"
        ),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",),
    ),
    "Go": (
        (
            "=== RUN   TestTotal\npanic: runtime error: invalid memory address or nil pointer dereference\n"
            "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a1]\n\ngoroutine 7 [running]:\n"
            "example.com/shop/cart.(*Cart).Total(0x0)\n\t/builds/shop/cart/cart.go:12 +0x1b\n"
        ),
        ("panic: runtime error: invalid memory address or nil pointer dereference", "/builds/shop/cart/cart.go:12 +0x1b"),
    ),
    "pytest-timeout": (
        (
            "tests/test_cart.py::test_waits\n+++++++++++++++++++++++++++++++++++ Timeout ++++++++++++++++++++++++++++++++++++\n"
            "~~~~~~~~~~~~~~~~~~~~ Stack of MainThread (140012345) ~~~~~~~~~~~~~~~~~~~~\n"
            '  File "/builds/shop/tests/test_cart.py", line 40, in test_waits\n    cart.wait()\n'
            '  File "/builds/shop/shop/cart.py", line 12, in wait\n    self.queue.get()\n'
            '  File "/usr/lib/python3.11/queue.py", line 171, in get\n    self.not_empty.wait()\n'
            "+++++++++++++++++++++++++++++++++++ Timeout ++++++++++++++++++++++++++++++++++++\n"
        ),
        ("tests/test_cart.py::test_waits", 'File "/builds/shop/tests/test_cart.py", line 40, in test_waits', "line 12, in wait"),
    ),
    "Spring": (
        (
            "***************************\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\n"
            "Parameter 0 of constructor in shop.Cart required a bean of type 'shop.Prices' that could not be found.\n\n\nAction:\n\n"
            "Consider defining a bean of type 'shop.Prices' in your configuration.\n\n"
        ),
        (
            "APPLICATION FAILED TO START",
            "required a bean of type 'shop.Prices' that could not be found.",
            "Consider defining a bean of type 'shop.Prices' in your configuration.",
        ),
    ),
    ".NET": (
        (
            "crit: Microsoft.Extensions.Hosting.Internal.Host[11]\n      Hosting failed to start\n"
            "      System.InvalidOperationException: Unable to resolve service for type 'Shop.IPrices'\n"
            "         at Shop.Program.Main(String[] args) in /builds/shop/Program.cs:line 12\n"
        ),
        ("Hosting failed to start", "System.InvalidOperationException: Unable to resolve service for type 'Shop.IPrices'"),
    ),
    "Django": (
        "django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.\n",
        ("django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.",),
    ),
    "Rails": (
        "rails aborted!\nNameError: uninitialized constant Cart::Prices\n/builds/shop/app/models/cart.rb:3:in `<class:Cart>'\n",
        ("rails aborted!", "NameError: uninitialized constant Cart::Prices", "/builds/shop/app/models/cart.rb:3:in `<class:Cart>'"),
    ),
}


@pytest.mark.parametrize("crash", CRASHES)
def test_a_crash_far_before_the_summary_is_kept_with_its_first_frames(crash):
    printed, needed = CRASHES[crash]
    chatter = [f"ERROR {name} the service answered late" for name in NAMES[:1_500]]

    text = reduced(job("make test", "\n".join([*noise(800, seed=2), printed, *chatter, "3 errors, 1 crashed", ""])))

    assert [line for line in needed if line not in text] == []


def test_a_sanitizers_frames_are_kept_whatever_other_tests_print_between_them():
    report = [
        "==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x602 at pc 0x55d thread T0",
        "    #0 0x7f3c1a7fe in free (/usr/lib/libasan.so.6+0xa)",
        "    #1 0x55d0c3a1 in cart::total() /builds/shop/src/cart.cpp:12:3",
        "    #2 0x55d0c3a2 in cart_test() /builds/shop/tests/cart_test.cpp:40:7",
    ]
    printed = [line for each in report for line in (each, *noise(12, seed=len(each)))]

    text = reduced(job("ctest -j8", "\n".join([*noise(800, seed=2), *printed, *noise(800, seed=3), ""])))

    assert [line for line in (report[0], report[2], report[3]) if line.strip() not in text] == []


def test_of_a_job_that_time_ran_out_for_the_last_words_before_it_began_to_wait_are_kept():
    waiting = [f"[{number:4}s] still waiting for the browser to close" for number in range(2_000)]
    said = ["teardown: closing 3 browsers", "teardown: browser two has a video of cart.spec.js that is not written"]
    errors = [f"ERROR {name} the service answered late" for name in NAMES[:1_500]]
    ended = "WARNING: step_script could not run to completion because the timeout was exceeded."

    text = reduced(job("npx playwright test", "\n".join([*errors, *said, *waiting, ended, ""]), after_script=errors), 3_000)

    assert [line for line in (*said, "[1999s] still waiting", ended) if line not in text] == []


def test_a_flood_of_failures_of_all_kinds_keeps_the_first_and_the_last():
    kinds = ("error: {0} is broken", "{0}.py:12: error: no such thing", "ERROR failed to {0}", "npm ERR! {0}", "E   {0} != 1")
    flood = [kind.format(name) for name in NAMES for kind in kinds]

    text = reduced(job("make all", "\n".join([*flood, ""]), before=50))

    assert [line for line in (flood[0], flood[1], flood[-1]) if line.strip() not in text] == []
