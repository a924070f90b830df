"""Shapes of compilers, interpreters and build tools: what does not compile, load or link, and where."""

from __future__ import annotations

from .shape import Kind, Shape, shape

BUILD_SHAPES: tuple[Shape, ...] = (
    # Processes that crash: far before the summary, if there is one
    shape(
        "crash",
        Kind.VERDICT,
        "Fatal Python error|Current thread 0x|fatal error has been detected|Problematic frame|hs_err_pid|FATAL ERROR: "
        "|JS stacktrace|Fatal error. |fatal runtime error|has overflowed its stack|[BUG] |terminate called|SIGSEGV|SIGABRT"
        "|SIGBUS|SIGILL"
        "|Segmentation fault|AccessViolation|received signal SIG|core dumped",
        r"^Fatal Python error: |^Current thread 0x|fatal error has been detected by|^# Problematic frame|hs_err_pid\d"
        r"|^FATAL ERROR: |JS stacktrace|^Fatal error\. |fatal runtime error|has overflowed its stack|\[BUG\] |^terminate called"
        r"|^#  SIG[A-Z]{3,4} "
        r"|\[signal SIG[A-Z]{3,4}|received signal SIG|^Segmentation fault|AccessViolation|\(core dumped\)",
        after=16,
    ),
    # Rust
    shape(
        "rustc",
        Kind.ERROR,
        "error",
        r"^error(?:\[E\d{4}\])?: ",
        after=25,
        until=r"^(?:error|warning)(?:\[|:)|^For more information",
    ),
    shape(
        "cargo",
        Kind.VERDICT,
        "could not compile|aborting due to|For more information about this error",
        r"could not compile `|aborting due to \d|aborting due to (?:previous|one)",
        after=4,
    ),
    # C and C++
    shape(
        "gcc and clang",
        Kind.ERROR,
        " error: | fatal error: |error: ",
        r"^\S.{0,300}?:\d{1,7}(?::\d{1,5})?: (?:fatal )?error: ",
        after=14,
        until=r"^\S.{0,300}?:\d{1,7}:\d{1,5}: (?:fatal )?(?:error|warning): ",
    ),
    shape(
        "linker",
        Kind.ERROR,
        "undefined reference|undefined symbol|Undefined symbols|ld: |collect2: error|multiple definition|cannot find -l"
        "|unresolved external|ld.lld|linker command failed|duplicate symbol",
        r"undefined reference|undefined symbol|Undefined symbols|^(?:\S{0,200}/)?ld(?:\.lld|\.gold|64)?: |collect2: error"
        r"|multiple definition|cannot find -l|unresolved external|linker command failed|linking with .{1,60} failed"
        r"|duplicate symbol",
        after=6,
    ),
    shape("cmake", Kind.ERROR, "CMake Error|Configuring incomplete", r"^CMake Error|Configuring incomplete", after=12),
    shape(
        "configure",
        Kind.ERROR,
        "configure: error|No package '|meson.build:|ERROR: Dependency|pkg-config",
        r"^configure: error|No package '.{1,80}' found|^(?:\S{0,200}/)?meson\.build:\d.{0,20}ERROR|ERROR: Dependency",
        after=4,
    ),
    shape(
        "sanitizer",
        Kind.ERROR,
        "Sanitizer|runtime error: |ERROR: libFuzzer|==ERROR",
        r"ERROR: \w{1,30}Sanitizer|WARNING: ThreadSanitizer|SUMMARY: \w{1,30}Sanitizer|runtime error: |libFuzzer",
        after=30,
    ),
    shape(
        "sanitizer frame",
        Kind.DETAIL,
        " in ",
        r"(?:^|: {1,8}|\] )#\d{1,3} 0x[0-9a-f]{6,16} in (?!.{0,300}(?:/usr/|libc\b|libasan|compiler-rt|sanitizer|libstdc"
        r"|/include/c\+\+)).{1,300}\.\w{1,5}:\d",
        after=0,
    ),
    shape(
        "valgrind",
        Kind.ERROR,
        "==",
        r"^==\d{1,9}== (?:Invalid|Conditional jump|ERROR SUMMARY: [1-9]|definitely lost: [1-9])",
        after=10,
    ),
    # .NET and MSVC
    shape(
        "msbuild",
        Kind.ERROR,
        ": error |fatal error|error MSB|error CS|error NU",
        r"(?:^|: )(?:fatal )?error [A-Z]{1,8}\d{2,6}\b",
        after=1,
    ),
    shape("dotnet build verdict", Kind.VERDICT, "Build FAILED|Error(s)", r"^Build FAILED|^[1-9]\d{0,6} Error\(s\)", after=6),
    # JVM
    shape(
        "javac",
        Kind.ERROR,
        ".java:|.scala:|.kt:|.groovy:",
        r"\.(?:java|scala|kt|kts|groovy):(?:\[?\d{1,7})[:,\]\d]{0,10}:? ?(?:\[.{1,30}\] )?(?:error|warning: \[|.{0,4})",
        after=6,
    ),
    shape("kotlin", Kind.ERROR, "e: ", r"^e: (?:file://|/|\S+\.kts?)", after=3),
    shape(
        "maven",
        Kind.ERROR,
        "COMPILATION ERROR|BUILD FAILURE|Failed to execute goal|[FATAL]|Non-resolvable|Could not find artifact|Could not transfer",
        r"COMPILATION ERROR|BUILD FAILURE|Failed to execute goal|^\[FATAL\]|Non-resolvable|Could not (?:find|transfer) artifact",
        after=8,
    ),
    shape("maven error", Kind.ERROR, "[ERROR]", r"^\[ERROR\] {1,4}(?!To see|Re-run|For more information|\[Help|-> )\S", after=2),
    shape(
        "gradle",
        Kind.ERROR,
        "What went wrong|BUILD FAILED|Execution failed for task|FAILURE: Build|Could not resolve|Could not determine",
        r"What went wrong|^BUILD FAILED|Execution failed for task|^FAILURE: |^> ?Could not |^Could not (?:resolve|determine|find"
        r"|get|compile)",
        after=10,
    ),
    shape("gradle task", Kind.NAME, " FAILED", r"^> Task \S{1,200} FAILED$", after=6),
    shape(
        "java exception",
        Kind.ERROR,
        "Exception|Error|Caused by",
        r"^(?:Exception in thread \S{1,60} |Caused by: |\[error\] )?(?:[a-z]\w{0,40}\.){1,9}[A-Z]\w{1,80}(?:Exception|Error|Failure"
        r"|Throwable)\b",
        after=20,
    ),
    shape("sbt compile", Kind.ERROR, "[error]", r"^\[error\] \S", after=2),
    # JavaScript and TypeScript
    shape("tsc", Kind.ERROR, "error TS", r"error TS\d{3,6}", after=8),
    shape(
        "bundler of scripts",
        Kind.ERROR,
        "ERROR in |Module not found|Cannot find module|Failed to compile|Could not resolve|Build failed with|[vite]|RollupError"
        "|✘ [ERROR]|Type error:|error during build|Can't resolve|ERR_MODULE_NOT_FOUND|ERR_REQUIRE_ESM|[plugin",
        r"^ERROR in |Module not found|Cannot find module|Failed to compile|Could not resolve|Can't resolve|Build failed (?:with"
        r"|because)|^\[vite\].{0,60}[Ee]rror|RollupError|✘ \[ERROR\]|^Type error:|error during build|ERR_MODULE_NOT_FOUND"
        r"|ERR_REQUIRE_ESM",
        after=14,
    ),
    shape(
        "node crash",
        Kind.ERROR,
        "Unhandled|unhandled|node:internal|ERR_|FATAL ERROR:|throw |heap limit|UnhandledPromise",
        r"[Uu]nhandled (?:promise|rejection|error|exception)|\bERR_[A-Z_]{3,60}\b|FATAL ERROR:|heap limit|^throw "
        r"|UnhandledPromise",
        after=12,
    ),
    # Go
    shape(
        "go build",
        Kind.ERROR,
        ".go:|build failed|no required module|missing go.sum|cannot find package|is not in std|setup failed|go: ",
        r"^(?:vet: |\./)?[\w./-]{1,200}\.go:\d{1,6}:\d{1,4}: |\[(?:build|setup) failed\]|no required module provides"
        r"|missing go\.sum entry|cannot find package|is not in (?:std|GOROOT)|^go: (?!downloading|finding|extracting|added"
        r"|upgraded|creating)",
        after=3,
    ),
    # Other languages
    shape(
        "python syntax",
        Kind.ERROR,
        "SyntaxError|IndentationError|ImportError|ModuleNotFoundError|TabError",
        r"\b(?:Syntax|Indentation|Import|ModuleNotFound|Tab)Error\b",
        after=4,
    ),
    shape(
        "python place",
        Kind.DETAIL,
        'File "|.py:',
        r"^File \".{1,300}\", line \d|^[\w./\\<>-]{1,300}\.pyx?:\d{1,6}: (?:in |\w{0,40}(?:Error|Exception|Warning|Failed)\b)",
        after=3,
    ),
    shape(
        "ghc",
        Kind.ERROR,
        ".hs:|.lhs:|cabal: |Error: [Cabal|rejecting:",
        r"\.l?hs:\d{1,6}:\d{1,5}.{0,12}: error|^cabal: |Error: \[?[Cc]abal|rejecting: ",
        after=16,
    ),
    shape("elixir", Kind.ERROR, "** (|== Compilation error|error: ", r"^\*\* \(\w|== Compilation error|^error: ", after=12),
    shape(
        "swiftc",
        Kind.ERROR,
        ".swift:|error: |xcodebuild: error|The following build commands failed|CommandError",
        r"\.swift:\d{1,6}:\d{1,5}: error|xcodebuild: error|The following build commands failed|^❌ ",
        after=6,
    ),
    shape(
        "ruby error",
        Kind.ERROR,
        ".rb:|bundler: failed|rake aborted!",
        r"\.rb:\d{1,6}:in [`'].{1,200}(?:Error|Exception|\))|bundler: failed|rake aborted!|^\S{1,200}\.rb:\d{1,6}: ",
        after=10,
    ),
    shape(
        "php error",
        Kind.ERROR,
        "PHP Fatal|PHP Parse|Fatal error:|Parse error:|Uncaught |PHP Warning",
        r"^(?:PHP )?(?:Fatal|Parse|Recoverable fatal) error:|Uncaught \S",
        after=10,
    ),
    shape(
        "erlang",
        Kind.ERROR,
        "===> |.erl:",
        r"^===> (?:Compiling .{0,100}failed|Error|Failed|Verification|Could not)|\.erl:\d{1,6}:",
        after=8,
    ),
    shape("ocaml and nim", Kind.ERROR, 'Error: |File "', r"^Error: |\.nim\(\d|^File \".{1,200}\", lines? \d{1,6}", after=8),
    shape(
        "latex and docs",
        Kind.ERROR,
        "! LaTeX|! Undefined|Emergency stop|Fatal error occurred|Extension error|Theme error|WARNING: ",
        r"^! |Emergency stop|Fatal error occurred|(?:Extension|Theme|Config) error|\.(?:rst|md)(?::\d{1,6})?: (?:WARNING|ERROR)",
        after=5,
    ),
)
