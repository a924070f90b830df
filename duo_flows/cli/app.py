"""The command `duoflow`: its tree of commands, and the one place where a failure becomes words and an exit code."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from importlib.metadata import version as version_of

from cyclopts import App, CycloptsError, Parameter

from duo_flows.bootstrap.embedded.children import StackError

from . import audit, dev, evidence, flows, processes, run, sessions
from .demo import command as demo
from .failures import MEANINGS, CommandError, ExitCode
from .output import err, plain, print_json_line

_HELP = """Start GitLab Duo flows, follow them, and answer what they ask.

**Try it without a GitLab** (each in its own terminal, same folder):

    duoflow dev
    duoflow run fix_pipeline --project meridian/payments --merge-request 1 --as maya

**With your GitLab**:

    export DUOFLOWS_API_URL=https://duo-flows.example.com GITLAB_TOKEN=glpat-...
    duoflow run fix_pipeline --pipeline https://gitlab.example.com/shop/checkout/-/pipelines/4711
    duoflow sessions list --waiting-for-me
"""

# Most defaults are empty and say nothing; the texts name those that matter.
_PARAMETER = Parameter(show_default=False, negative_iterable=())

_EPILOGUE = "**Exit codes**\n\n" + "\n".join(f"- `{code:d}` {meaning}" for code, meaning in MEANINGS.items())


def build_app() -> App:
    """Return the command line."""
    app = App(
        name="duoflow",
        help=_HELP,
        help_epilogue=_EPILOGUE,
        help_format="markdown",
        default_parameter=_PARAMETER,
        version=lambda: version_of("duo-flows"),
    )
    app.register_install_completion_command()
    for module in (demo, dev, run, sessions, flows, evidence, processes, audit):
        module.add_to(app)
    return app


def run_command(tokens: Sequence[str]) -> int:
    """Run one command and return its exit code. Whatever goes wrong is told in a sentence."""
    is_json = "--json" in tokens
    app = build_app()
    try:
        result = app(tokens, exit_on_error=False, print_error=not is_json, result_action="return_value")
    except CycloptsError as mistake:
        if is_json:  # otherwise cyclopts has said what is wrong
            _tell(" ".join(str(mistake).split()), ExitCode.USAGE, is_json=True)
        return ExitCode.USAGE
    except CommandError as failure:
        _tell(str(failure), failure.exit_code, code=failure.code, is_json=is_json)
        return failure.exit_code
    except StackError as failure:
        _tell(str(failure), ExitCode.UNREACHABLE, is_json=is_json)
        return ExitCode.UNREACHABLE
    except (KeyboardInterrupt, asyncio.CancelledError):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough; writing more at exit would complain again.
        sys.stderr.close()
        return ExitCode.OK
    return result if isinstance(result, int) else ExitCode.OK


def _tell(message: str, exit_code: ExitCode, *, is_json: bool, code: str = "") -> None:
    if is_json:
        print_json_line({"error": {"detail": message, "code": code or exit_code.name.lower(), "exit_code": int(exit_code)}})
        return
    err.print(plain(message), style="red")
