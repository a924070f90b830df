"""Plain rules by which logs are cut for a model, to compare with: a log's text without colours in, what is left out."""

from collections.abc import Callable

_KIB = 1_024
_ENDS = 15_000


def _whole(text: str) -> str:
    return text


def _last_kib_of_long(text: str) -> str:
    return text if len(text) <= 200 * _KIB else text[-150 * _KIB :]


def _first_kib_of_long(text: str) -> str:
    return text if len(text) <= 200 * _KIB else text[: 100 * _KIB]


def _last_lines(text: str) -> str:
    return "\n".join(text.rstrip("\n").split("\n")[-200:])


def _without_middle(text: str) -> str:
    return text if len(text) <= 2 * _ENDS else text[:_ENDS] + text[-_ENDS:]


def _first_characters(text: str) -> str:
    return text[:100_000]


PLAIN_RULES: dict[str, Callable[[str], str]] = {
    "the whole log": _whole,
    "GitLab: of a log over 200 KiB, the last 150 KiB": _last_kib_of_long,
    "the last 200 lines": _last_lines,
    "OpenHands: the middle cut out at 30,000 characters": _without_middle,
    "of a log over 200 KiB, the first 100 KiB": _first_kib_of_long,
    "SWE-agent: the first 100,000 characters": _first_characters,
}
