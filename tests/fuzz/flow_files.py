"""A fuzzer of the loader of flow files: mutates valid ones and holds whatever the loader says to what an author may expect.

Run it as `make fuzz SECONDS=600`, or `python -m tests.fuzz.flow_files --seconds 600 --seed 7`. It prints the seed, so that a
failure can be had again; what failed is written into a file. A short run with a fixed seed is part of the tests.
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from duo_flows.adapters.flow_file import CheckedFlow, FlowProblem, check_flow, render
from duo_flows.domain.errors import DuoFlowsError
from duo_flows.domain.flow_definition import FlowDefinition, HumanInputComponent
from duo_flows.domain.flow_graph import mermaid_of

ROOT = Path(__file__).parents[2]
PRIVILEGES = ("read_only_gitlab",)
# Of the processor for one file, however busy the machine is.
MOST_SECONDS = 2.0
# Of the clock; what takes longer hangs, and the run ends with where it does.
HANGS_AFTER = 120
# Above what Python and the libraries take, far below what a worker has.
MOST_MEGABYTES = 1_000
JARGON = re.compile(
    r"Input should be|Field required|type=|https://errors|not permitted|tagged-union|Value error|valid (?:dictionary|string|list)"
    r"|is not valid under|did not find expected|Traceback|object at 0x|\ufffc"
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 7.5, 10**30, "", " ", "a", "end", "abort", "context:goal", "context:", "context:a.b.c.d.e"),
    *("conversation_history:x", "status", "default_route", "AgentComponent", "Ünïcödé \u202e\u2028", "\U0001f600", "x" * 5_000),
    *([], {}, [[]], [{}], {"a": 1}, {"from": "context:goal", "as": "a"}, ["context:goal"], [None], "P7D", "999999999w", "0d"),
    *({"type": "object"}, {"type": "object", "$ref": "#"}, {"type": "object", "properties": 5}, {"$schema": 5, "type": "object"}),
    *({"type": "object", "properties": {"a": {"pattern": "("}}}, '{"type": "object"}', '{"type": ', "[" * 2_000),
    *({"get_job_logs": {"grep": "x"}}, {"get_job_logs": {"grep": [[1]]}}, "push_change", {"": ""}, {"a.b": {"c:d": "e#f"}}),
)
TEMPLATES = (
    *("{{", "{% for a in b %}", "{{ a.b.c }}", "{{ 'x' * 10**9 }}", "{% for a in range(99999) %}{{ a }}{% endfor %}"),
    *("{{ ''.__class__.__mro__ }}", "{% macro a() %}{% endmacro %}", "{{ goal | nothing }}", "{{ goal is nothing }}", "{% raw %}"),
    *("{% set a = namespace(b=1) %}{{ a.b }}", "{{ " + "(" * 300 + "1" + ")" * 300 + " }}", "{{ a " + "+ a " * 4_000 + "}}"),
    *("{% for a in range(9999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}", "{{ 9 ** 9 ** 9 }}", "{#", "{{ }}"),
    *("{{ [1] * 9999999 }}", "{% include 'x' %}", "{{ goal | replace('', 'xxxxxxxx') | replace('x', 'yyyyyyyy') }}", "{%-%}"),
)
NOISE = (
    *(
        "\t",
        "\n",
        "\r\n",
        "\r",
        ": ",
        "- ",
        "? ",
        "| ",
        ">-\n",
        "&a ",
        "*a",
        "<<: ",
        "!!python/name:os.system ",
        "!x ",
        "%YAML 9\n",
    ),
    *(
        "---\n",
        "...\n",
        "#",
        "'",
        '"',
        "[",
        "]",
        "{",
        "}",
        ",",
        "\x00",
        "\x07",
        "\ufeff",
        "\ud800",
        "\u2028",
        "\x85",
        "yes: ",
        "1: ",
    ),
    *("~: x\n", ".inf", "0x", "2026-01-01", "1_000", "1:30", "=", "@", "`", "\\", "  ", "      ", "a: &a [*a]\n", "\U0010ffff"),
)


@dataclass
class Found:
    """What a run has come to: how often what was said, and what should never have been."""

    cases: int = 0
    valid: int = 0
    slowest: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, bytes]] = field(default_factory=list)
    most_seconds: float = MOST_SECONDS


def seeds() -> list[str]:
    """Return the valid files that everything is made from."""
    built_in = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "flows").glob("*.yaml"))]
    page = (ROOT / "docs" / "flows.md").read_text(encoding="utf-8")
    every_key = (Path(__file__).parent / "every_key.yaml").read_text(encoding="utf-8")
    return [every_key, *built_in, *re.findall(r"^```yaml\n(version: v1\n.*?)^```", page, flags=re.MULTILINE | re.DOTALL)]


class Mutator:
    """Makes one file from another; the same seed makes the same files."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - made to be had again
        self._texts = seeds()
        self._values = [yaml.safe_load(text) for text in self._texts]

    def file(self) -> bytes:
        """Return a file that is nearly a flow."""
        is_whole = self._random.random() < 0.6
        text = self._by_structure() if is_whole else self._by_text(self._random.choice(self._texts))
        if self._random.random() < 0.1:
            text = self._by_text(text)
        data = text.encode("utf-8", "surrogatepass")
        return self._by_bytes(data) if self._random.random() < 0.05 else data

    def _by_structure(self) -> str:
        value = _copied(self._random.choice(self._values))
        for _ in range(self._random.choice((1, 1, 1, 2, 3, 8))):
            self._change(value)
        style = self._random.choice((None, True, False))
        return str(yaml.safe_dump(value, default_flow_style=style, allow_unicode=True, sort_keys=False))

    def _change(self, value: Any) -> None:
        around = self._random.choice(_collections(value) or [value])
        changes: Sequence[Callable[[Any], None]] = (
            *(self._delete, self._replace, self._replace, self._rename, self._duplicate, self._swap, self._grow, self._template),
        )
        if around:
            self._random.choice(changes)(around)

    def _place(self, around: Any) -> Any:
        return self._random.choice(list(around)) if isinstance(around, dict) else self._random.randrange(len(around))

    def _delete(self, around: Any) -> None:
        del around[self._place(around)]

    def _replace(self, around: Any) -> None:
        around[self._place(around)] = _copied(self._random.choice(VALUES))

    def _rename(self, around: Any) -> None:
        if isinstance(around, dict):
            key = self._place(around)
            around[self._misspelt(str(key))] = around.pop(key)

    def _misspelt(self, text: str) -> str:
        at = self._random.randrange(len(text) + 1)
        return text[:at] + self._random.choice(("", "x", ".", ":", "_", "É", " ")) + text[at + self._random.choice((0, 1)) :]

    def _duplicate(self, around: Any) -> None:
        key = self._place(around)
        if isinstance(around, dict):
            around[self._misspelt(str(key))] = _copied(around[key])
        else:
            around.insert(key, _copied(around[key]))

    def _swap(self, around: Any) -> None:
        one, other = self._place(around), self._place(around)
        around[one], around[other] = around[other], around[one]

    def _grow(self, around: Any) -> None:
        if isinstance(around, list):
            around.extend(_copied(self._random.choice(around)) for _ in range(self._random.choice((3, 30, 300))))
        else:
            key = self._place(around)
            around.update({f"{key}{number}": _copied(around[key]) for number in range(self._random.choice((3, 30, 300)))})

    def _template(self, around: Any) -> None:
        texts = [key for key, part in _items(around) if isinstance(part, str)]
        if texts:
            key = self._random.choice(texts)
            around[key] = self._with(around[key][:2_000], TEMPLATES)

    def _by_text(self, text: str) -> str:
        for _ in range(self._random.choice((1, 1, 2, 5, 20))):
            text = self._with(text, NOISE) if self._random.random() < 0.7 else self._without(text)
        return text

    def _with(self, text: str, noise: Sequence[str]) -> str:
        at = self._random.randrange(len(text) + 1)
        return text[:at] + self._random.choice(noise) * self._random.choice((1, 1, 1, 2, 60)) + text[at:]

    def _without(self, text: str) -> str:
        at = self._random.randrange(len(text) + 1)
        return text[:at] + text[at + self._random.choice((1, 2, 10, 200)) :]

    def _by_bytes(self, data: bytes) -> bytes:
        at = self._random.randrange(len(data) + 1)
        return data[:at] + self._random.randbytes(self._random.choice((1, 2, 8, 64))) + data[at:]


def _items(around: Any) -> list[tuple[Any, Any]]:
    return list(around.items()) if isinstance(around, dict) else list(enumerate(around))


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list) else value


def _collections(value: Any) -> list[Any]:
    """Return everything with parts, inside a value and itself."""
    found, waiting = [], [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict | list) and part:
            found.append(part)
            waiting.extend(part.values() if isinstance(part, dict) else part)
    return found


def try_file(data: bytes, found: Found) -> None:
    """Look at a file and note whatever an author or a worker should not have met."""
    began = time.process_time()
    try:
        checked = check_flow(data, is_custom=True, privileges=PRIVILEGES)
        if checked.definition is not None:
            _use(checked.definition)
    except Exception as error:  # noqa: BLE001 - a fuzzer is here for those that nobody thought of
        found.failures.append((f"{type(error).__name__}: {error!s:.300}", data))
        return
    taken = time.process_time() - began
    found.cases += 1
    found.valid += checked.definition is not None
    found.slowest = max(found.slowest, taken)
    found.kinds.update(_kind(problem) for problem in (*checked.errors, *checked.warnings))
    found.failures += [(f"took {taken:.1f} seconds", data)] if taken > found.most_seconds else []
    found.failures += [(fault, data) for fault in _faults(checked, data)]


def _use(definition: FlowDefinition) -> None:
    """Do what is done with a definition that was accepted; a refusal in our words is fine."""
    FlowDefinition.model_validate_json(definition.model_dump_json())
    mermaid_of(definition)
    texts = [definition.flow.summary]
    texts += [part for prompt in definition.prompts for part in (prompt.prompt_template.system, prompt.prompt_template.user)]
    texts += [component.message_template for component in definition.components if isinstance(component, HumanInputComponent)]
    for text in dict.fromkeys(texts):
        try:
            render(text, {"goal": "g" * 1_000, "failures": [{"name": "a"}] * 20, "a": [1], "b": {"c": "d"}})
        except DuoFlowsError:
            continue


def _faults(checked: CheckedFlow, data: bytes) -> list[str]:
    faults = ["neither a definition nor an error"] if checked.definition is None and not checked.errors else []
    faults += ["a definition with errors"] if checked.definition is not None and checked.errors else []
    lines = 1 + len(re.findall("\r\n|[\n\r\x85\u2028\u2029]", data.decode("utf-8", "replace")))
    return faults + [fault for problem in (*checked.errors, *checked.warnings) for fault in _of_problem(problem, lines)]


def _of_problem(problem: FlowProblem, lines: int) -> list[str]:
    said = f"{problem.found} {problem.allowed} {problem.suggestion}"
    faults = {
        "a line outside of the file": not 1 <= problem.line <= lines or problem.column < 1,
        "nothing said to be found or allowed": not problem.found.strip() or not problem.allowed.strip(),
        "words of a library": JARGON.search(problem.sentence()) is not None,
        "more words than anybody reads": len(problem.sentence()) > 1_500,
        "signs that drive a terminal": not said.isprintable() or not problem.key.isprintable(),
        "its own name as the nearest one": bool(problem.suggestion) and problem.suggestion == problem.found,
    }
    return [f"{name}: {problem.sentence()!r:.400}" for name, is_so in faults.items() if is_so]


def _kind(problem: FlowProblem) -> str:
    return re.sub(r"[`'\"].*?[`'\"]|\d+|: .*", "", problem.allowed)[:60]


def run(seed: int, *, seconds: float = 0.0, cases: int = 0, most_seconds: float = MOST_SECONDS) -> Found:
    """Try files until the time is over, or so many."""
    mutator, found, until = Mutator(seed), Found(most_seconds=most_seconds), time.monotonic() + seconds
    while found.cases < cases if cases else time.monotonic() < until:
        faulthandler.dump_traceback_later(HANGS_AFTER, exit=True)
        try_file(mutator.file(), found)
        if len(found.failures) >= 20:
            break
    faulthandler.cancel_dump_traceback_later()
    return found


def main() -> int:
    """Run for a time and print the numbers; 1 where something failed."""
    parser = argparse.ArgumentParser(description="Fuzz the loader of flow files.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--keep", type=Path, default=ROOT / ".duoflow" / "fuzz", help="Where files that fail are written.")
    given = parser.parse_args()
    limit = MOST_MEGABYTES * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    sys.stdout.write(f"seed {given.seed}, {given.seconds:.0f} seconds\n")
    found = run(given.seed, seconds=given.seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(
        f"{found.cases} files ({found.valid} of them flows), {found.cases / given.seconds:.0f} a second, "
        f"slowest {found.slowest:.2f} s, {peak} MB at most, {len(found.kinds)} kinds of problems, {len(found.failures)} failures\n"
    )
    for number, (fault, data) in enumerate(found.failures):
        given.keep.mkdir(parents=True, exist_ok=True)
        path = given.keep / f"{given.seed}-{number}.yaml"
        path.write_bytes(data)
        sys.stdout.write(f"{path}: {fault}\n")
    return 1 if found.failures else 0


if __name__ == "__main__":
    sys.exit(main())
