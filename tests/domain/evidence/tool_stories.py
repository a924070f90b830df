"""What tools print when they fail, as blocks, and the lines of each block that say why. Nothing here is from a real project."""

# ruff: noqa: RUF001, E501, E101 - the signs and the lengths are those that the tools print

from typing import NamedTuple


class Story(NamedTuple):
    """A command, what it prints, and the lines (stripped) that a reader needs."""

    command: str
    printed: str
    needed: tuple[str, ...]


STORIES = {
    "go test": Story(
        "go test ./...",
        """\
ok  	example.com/shop/catalogue	0.031s
--- FAIL: TestTotal (0.00s)
    --- FAIL: TestTotal/with_discount (0.00s)
        cart_test.go:42: total() = 90, want 81
FAIL
FAIL	example.com/shop/cart	0.012s
ok  	example.com/shop/users	0.110s
FAIL
""",
        (
            "--- FAIL: TestTotal/with_discount (0.00s)",
            "cart_test.go:42: total() = 90, want 81",
            "FAIL	example.com/shop/cart	0.012s",
        ),
    ),
    "vitest": Story(
        "npx vitest run",
        """\
 ✓ src/users.test.ts (12 tests) 45ms
 ❯ src/cart.test.ts (3 tests | 1 failed) 12ms
   × cart > adds up 7ms
     → expected 90 to be 81 // Object.is equality

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  src/cart.test.ts > cart > adds up
AssertionError: expected 90 to be 81 // Object.is equality

- Expected
+ Received

- 81
+ 90

 ❯ src/cart.test.ts:12:25
     10|   it('adds up', () => {
     11|     const cart = new Cart([100], 0.1)
     12|     expect(cart.total()).toBe(81)
       |                         ^
     13|   })

 Test Files  1 failed | 1 passed (2)
      Tests  1 failed | 14 passed (15)
""",
        (
            "FAIL  src/cart.test.ts > cart > adds up",
            "AssertionError: expected 90 to be 81 // Object.is equality",
            "❯ src/cart.test.ts:12:25",
            "+ 90",
            "Tests  1 failed | 14 passed (15)",
        ),
    ),
    "rspec": Story(
        "bundle exec rspec",
        """\
.....F....

Failures:

  1) Cart#total takes the discount off
     Failure/Error: expect(cart.total).to eq(81)

       expected: 81
            got: 90

       (compared using ==)
     # ./spec/cart_spec.rb:12:in `block (3 levels) in <top (required)>'

Finished in 0.12 seconds (files took 0.3 seconds to load)
10 examples, 1 failure

Failed examples:

rspec ./spec/cart_spec.rb:10 # Cart#total takes the discount off
""",
        (
            "1) Cart#total takes the discount off",
            "Failure/Error: expect(cart.total).to eq(81)",
            "got: 90",
            "# ./spec/cart_spec.rb:12:in `block (3 levels) in <top (required)>'",
            "10 examples, 1 failure",
            "rspec ./spec/cart_spec.rb:10 # Cart#total takes the discount off",
        ),
    ),
    "maven": Story(
        "mvn -B verify",
        """\
[INFO] Running com.example.shop.UserTest
[INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.05 s - in com.example.shop.UserTest
[INFO] Running com.example.shop.CartTest
[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.02 s <<< FAILURE! - in com.example.shop.CartTest
[ERROR] com.example.shop.CartTest.takesTheDiscountOff  Time elapsed: 0.01 s  <<< FAILURE!
org.opentest4j.AssertionFailedError: expected: <81> but was: <90>
	at org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)
	at org.junit.jupiter.api.Assertions.assertEquals(Assertions.java:150)
	at com.example.shop.CartTest.takesTheDiscountOff(CartTest.java:21)
	at java.base/java.util.ArrayList.forEach(ArrayList.java:1511)
[INFO]
[ERROR] Failures:
[ERROR]   CartTest.takesTheDiscountOff:21 expected: <81> but was: <90>
[ERROR] Tests run: 7, Failures: 1, Errors: 0, Skipped: 0
[INFO] BUILD FAILURE
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:2.22.2:test (default-test) on project shop: There are test failures.
""",
        (
            "org.opentest4j.AssertionFailedError: expected: <81> but was: <90>",
            "at com.example.shop.CartTest.takesTheDiscountOff(CartTest.java:21)",
            "[ERROR]   CartTest.takesTheDiscountOff:21 expected: <81> but was: <90>",
            "[INFO] BUILD FAILURE",
        ),
    ),
    "gradle and kotlin": Story(
        "./gradlew build",
        """\
> Task :processResources NO-SOURCE
> Task :compileKotlin FAILED
e: file:///builds/shop/src/main/kotlin/Cart.kt:12:21 Unresolved reference 'discount'.

FAILURE: Build failed with an exception.

* What went wrong:
Execution failed for task ':compileKotlin'.
> A failure occurred while executing org.jetbrains.kotlin.compilerRunner.GradleCompilerRunnerWithWorkers$GradleKotlinCompilerWorkAction
   > Compilation error. See log for more details

BUILD FAILED in 12s
""",
        (
            "> Task :compileKotlin FAILED",
            "e: file:///builds/shop/src/main/kotlin/Cart.kt:12:21 Unresolved reference 'discount'.",
            "* What went wrong:",
            "Execution failed for task ':compileKotlin'.",
            "BUILD FAILED in 12s",
        ),
    ),
    "gcc and make": Story(
        "make -j4",
        """\
cc -Wall -O2 -c -o users.o users.c
cc -Wall -O2 -c -o cart.o cart.c
In file included from cart.c:3:
cart.h: In function 'total':
cart.c:42:12: error: 'discount' undeclared (first use in this function); did you mean 'discounts'?
   42 |     return discount * sum;
      |            ^~~~~~~~
      |            discounts
cart.c:42:12: note: each undeclared identifier is reported only once for each function it appears in
make: *** [Makefile:12: cart.o] Error 1
make: *** Waiting for unfinished jobs....
""",
        (
            "cart.c:42:12: error: 'discount' undeclared (first use in this function); did you mean 'discounts'?",
            "42 |     return discount * sum;",
            "make: *** [Makefile:12: cart.o] Error 1",
            "In file included from cart.c:3:",
        ),
    ),
    "dotnet": Story(
        "dotnet test",
        """\
  Determining projects to restore...
  Shop -> /builds/shop/bin/Debug/net8.0/Shop.dll
[xUnit.net 00:00:00.45]     Shop.Tests.CartTests.TakesTheDiscountOff [FAIL]
  Failed Shop.Tests.CartTests.TakesTheDiscountOff [12 ms]
  Error Message:
   Assert.Equal() Failure: Values differ
Expected: 81
Actual:   90
  Stack Trace:
     at Shop.Tests.CartTests.TakesTheDiscountOff() in /builds/shop/tests/CartTests.cs:line 21

Failed!  - Failed:     1, Passed:    14, Skipped:     0, Total:    15, Duration: 120 ms - Shop.Tests.dll (net8.0)
""",
        (
            "Failed Shop.Tests.CartTests.TakesTheDiscountOff [12 ms]",
            "Assert.Equal() Failure: Values differ",
            "Expected: 81",
            "Actual:   90",
            "at Shop.Tests.CartTests.TakesTheDiscountOff() in /builds/shop/tests/CartTests.cs:line 21",
        ),
    ),
    "phpunit": Story(
        "vendor/bin/phpunit",
        """\
PHPUnit 10.5.1 by Sebastian Bergmann and contributors.

..F............                                                   15 / 15 (100%)

Time: 00:00.045, Memory: 8.00 MB

There was 1 failure:

1) Shop\\Tests\\CartTest::testDiscount
Failed asserting that 90 is identical to 81.

/builds/shop/tests/CartTest.php:21

FAILURES!
Tests: 15, Assertions: 32, Failures: 1.
""",
        (
            "1) Shop\\Tests\\CartTest::testDiscount",
            "Failed asserting that 90 is identical to 81.",
            "/builds/shop/tests/CartTest.php:21",
            "Tests: 15, Assertions: 32, Failures: 1.",
        ),
    ),
    "exunit": Story(
        "mix test",
        """\
...

  1) test takes the discount off (Shop.CartTest)
     test/cart_test.exs:12
     Assertion with == failed
     code:  assert Cart.total(cart) == 81
     left:  90
     right: 81
     stacktrace:
       test/cart_test.exs:14: (test)

Finished in 0.05 seconds (0.00s async, 0.05s sync)
15 tests, 1 failure
""",
        (
            "1) test takes the discount off (Shop.CartTest)",
            "test/cart_test.exs:12",
            "Assertion with == failed",
            "left:  90",
            "right: 81",
            "15 tests, 1 failure",
        ),
    ),
    "eslint": Story(
        "npx eslint .",
        """\

/builds/shop/src/cart.ts
  12:5   error    'discount' is not defined           no-undef
  31:10  warning  Unexpected console statement        no-console

/builds/shop/src/users.ts
  3:1  error  Expected indentation of 2 spaces but found 4  indent

✖ 3 problems (2 errors, 1 warning)
""",
        (
            "/builds/shop/src/cart.ts",
            "12:5   error    'discount' is not defined           no-undef",
            "/builds/shop/src/users.ts",
            "3:1  error  Expected indentation of 2 spaces but found 4  indent",
            "✖ 3 problems (2 errors, 1 warning)",
        ),
    ),
    "npm": Story(
        "npm ci",
        """\
npm ERR! code ERESOLVE
npm ERR! ERESOLVE could not resolve
npm ERR!
npm ERR! While resolving: react-cart@2.1.0
npm ERR! Found: react@18.2.0
npm ERR! node_modules/react
npm ERR!   react@"^18.2.0" from the root project
npm ERR!
npm ERR! Could not resolve dependency:
npm ERR! peer react@"^17.0.0" from react-cart@2.1.0
npm ERR! node_modules/react-cart
npm ERR!   react-cart@"^2.1.0" from the root project
npm ERR!
npm ERR! A complete log of this run can be found in: /home/ci/.npm/_logs/debug-0.log
""",
        (
            "npm ERR! code ERESOLVE",
            "npm ERR! While resolving: react-cart@2.1.0",
            "npm ERR! Found: react@18.2.0",
            'npm ERR! peer react@"^17.0.0" from react-cart@2.1.0',
        ),
    ),
    "uv": Story(
        "uv sync --locked",
        """\
Resolved 12 packages in 210ms
  × No solution found when resolving dependencies:
  ╰─▶ Because only cart<=1.4 is available and shop depends on cart>=2.0,
      we can conclude that shop's requirements are unsatisfiable.
""",
        (
            "× No solution found when resolving dependencies:",
            "╰─▶ Because only cart<=1.4 is available and shop depends on cart>=2.0,",
            "we can conclude that shop's requirements are unsatisfiable.",
        ),
    ),
    "buildkit": Story(
        "docker build -t shop .",
        """\
#11 [build 4/6] RUN npm run build
#11 0.512 > shop@1.0.0 build
#11 0.512 > tsc -p .
#11 4.210 src/cart.ts(12,5): error TS2304: Cannot find name 'discount'.
#11 ERROR: process "/bin/sh -c npm run build" did not complete successfully: exit code: 2
------
 > [build 4/6] RUN npm run build:
4.210 src/cart.ts(12,5): error TS2304: Cannot find name 'discount'.
------
Dockerfile:14
--------------------
  12 |     COPY . .
  13 |
  14 | >>> RUN npm run build
  15 |
--------------------
ERROR: failed to solve: process "/bin/sh -c npm run build" did not complete successfully: exit code: 2
""",
        (
            "#11 [build 4/6] RUN npm run build",
            "#11 4.210 src/cart.ts(12,5): error TS2304: Cannot find name 'discount'.",
            "Dockerfile:14",
            "14 | >>> RUN npm run build",
        ),
    ),
    "terraform": Story(
        "terraform plan",
        """\
data.aws_region.current: Reading...
╷
│ Error: Unsupported argument
│
│   on cart.tf line 12, in resource "aws_s3_bucket" "cart":
│   12:   discount = true
│
│ An argument named "discount" is not expected here.
╵
""",
        (
            "│ Error: Unsupported argument",
            '│   on cart.tf line 12, in resource "aws_s3_bucket" "cart":',
            '│ An argument named "discount" is not expected here.',
        ),
    ),
    "ansible": Story(
        "ansible-playbook site.yml",
        """\
TASK [cart : Start the service] ************************************************
changed: [web1]
fatal: [web2]: FAILED! => {"changed": false, "msg": "Could not find the requested service cart: host"}

PLAY RECAP *********************************************************************
web1                       : ok=5    changed=1    unreachable=0    failed=0
web2                       : ok=4    changed=0    unreachable=0    failed=1
""",
        (
            "TASK [cart : Start the service] ************************************************",
            'fatal: [web2]: FAILED! => {"changed": false, "msg": "Could not find the requested service cart: host"}',
            "web2                       : ok=4    changed=0    unreachable=0    failed=1",
        ),
    ),
    "a script that only ends": Story(
        "./scripts/verify-release.sh",
        """\
verifying release 1.4.2
manifest has 12 entries
entry 7 differs by 3 bytes
""",
        ("entry 7 differs by 3 bytes", "manifest has 12 entries"),
    ),
    "cargo": Story(
        "cargo clippy -- -D warnings",
        """\
    Checking shop v0.1.0 (/builds/shop)
error: unneeded `return` statement
  --> src/cart.rs:12:5
   |
12 |     return total;
   |     ^^^^^^^^^^^^
   |
   = note: `-D clippy::needless-return` implied by `-D warnings`
help: remove `return`

error: could not compile `shop` (lib) due to 1 previous error
""",
        (
            "error: unneeded `return` statement",
            "--> src/cart.rs:12:5",
            "12 |     return total;",
            "= note: `-D clippy::needless-return` implied by `-D warnings`",
        ),
    ),
    "unittest": Story(
        "python -m unittest",
        """\
....F.....
======================================================================
FAIL: test_discount (tests.test_cart.CartTest.test_discount)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/builds/shop/tests/test_cart.py", line 21, in test_discount
    self.assertEqual(cart.total(), 81)
AssertionError: 90 != 81

----------------------------------------------------------------------
Ran 10 tests in 0.004s

FAILED (failures=1)
""",
        (
            "FAIL: test_discount (tests.test_cart.CartTest.test_discount)",
            'File "/builds/shop/tests/test_cart.py", line 21, in test_discount',
            "AssertionError: 90 != 81",
            "FAILED (failures=1)",
        ),
    ),
    "cmake and ctest": Story(
        "ctest --output-on-failure",
        """\
    Start 1: users
1/2 Test #1: users ............................   Passed    0.01 sec
    Start 2: cart
2/2 Test #2: cart .............................***Failed    0.02 sec
[ RUN      ] Cart.TakesTheDiscountOff
/builds/shop/tests/cart_test.cc:21: Failure
Expected equality of these values:
  cart.total()
    Which is: 90
  81
[  FAILED  ] Cart.TakesTheDiscountOff (0 ms)

50% tests passed, 1 tests failed out of 2

The following tests FAILED:
	  2 - cart (Failed)
Errors while running CTest
""",
        (
            "/builds/shop/tests/cart_test.cc:21: Failure",
            "Which is: 90",
            "[  FAILED  ] Cart.TakesTheDiscountOff (0 ms)",
            "2 - cart (Failed)",
        ),
    ),
    "swift": Story(
        "swift test",
        """\
Test Suite 'CartTests' started at 2026-05-01 10:00:00.000
Test Case 'CartTests.testDiscount' started at 2026-05-01 10:00:00.001
/builds/shop/Tests/CartTests.swift:21: error: CartTests.testDiscount : XCTAssertEqual failed: ("90") is not equal to ("81")
Test Case 'CartTests.testDiscount' failed (0.003 seconds)
Executed 10 tests, with 1 failure (0 unexpected) in 0.010 (0.012) seconds
""",
        (
            '/builds/shop/Tests/CartTests.swift:21: error: CartTests.testDiscount : XCTAssertEqual failed: ("90") is not equal to ("81")',
            "Test Case 'CartTests.testDiscount' failed (0.003 seconds)",
            "Executed 10 tests, with 1 failure (0 unexpected) in 0.010 (0.012) seconds",
        ),
    ),
}
