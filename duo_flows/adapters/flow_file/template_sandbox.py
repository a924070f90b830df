"""The sandbox that templates run in: which words they have, and what all of it together may cost.

A template sees data and nothing else: no attribute of any object beyond a few harmless methods, no macros, no other files. Its
work is counted while it runs: loops by passages and by what stands in them, values by their size when written out. A list of lists
of lists is small in memory and endless on paper, so what counts is the paper.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

# More than any model reads at once, less than a worker notices. Holds for what a template writes and for every value on the way.
VALUE_MAX_LENGTH = 1024 * 1024
# Steps of one rendering; each is a fraction of a microsecond. Enough to write VALUE_MAX_LENGTH in pieces of a line each.
MAX_WORK = 5_000_000
# Larger numbers are only good for wasting time.
MAX_NUMBER = 10**18
MAX_RANGE = 100_000
MAX_INDENT = 40
MAX_DIGITS = 20

# Text is worked on a machine's word at a time.
_CHARACTERS_PER_STEP = 8

# What neither reaches for attributes nor makes much of little; those that could are limited one by one below.
_FILTERS = (  # noqa: SIM905 - words in lines read better than one quoted word on each
    "abs capitalize count d default dictsort e escape first float groupby indent int items last length list lower map max min "
    "reject rejectattr reverse round safe select selectattr sort string sum title tojson trim truncate unique upper wordcount"
).split()
_DICT_METHODS = frozenset({"get", "items", "keys", "values"})
_STR_METHODS = frozenset(
    "capitalize endswith lower lstrip rstrip split splitlines startswith strip title upper".split()  # noqa: SIM905 - as above
)
_DATA = (str, int, float, list, tuple, dict, type(None))

_COUNTED = "counted passages"
_JOINED = "joined parts"
_WEIGHED = "weighed value"

_work_left: ContextVar[list[int]] = ContextVar("work_left")


@contextmanager
def limited_work() -> Iterator[None]:
    """Give what is rendered inside a fresh allowance of work."""
    token = _work_left.set([MAX_WORK])
    try:
        yield
    finally:
        _work_left.reset(token)


def _charge(steps: int) -> None:
    left = _work_left.get(None)
    if left is None:
        # While compiling, Jinja2 tries to compute constants ahead; nothing would count that work.
        raise SecurityError("not while compiling")
    left[0] -= steps
    if left[0] < 0:
        raise SecurityError("it takes too much work; make its loops or its values smaller")


def _steps_of(value: Any) -> int:
    if isinstance(value, str):
        return 1 + len(value) // _CHARACTERS_PER_STEP
    return 1 + len(value) if isinstance(value, list | tuple | dict) else 1


def _weighed(value: Any) -> Any:
    """Return a value, unless it would be larger on paper than any that may be written."""
    if isinstance(value, list | tuple | dict | Namespace):
        known: dict[int, int] = {}
        weight = _weight(value, known)
        _charge(len(known))
    else:
        weight = len(value) if isinstance(value, str) else 1
        _charge(_steps_of(value))
    is_huge = isinstance(value, int | float) and abs(value) > MAX_NUMBER
    if weight > VALUE_MAX_LENGTH or is_huge:
        raise SecurityError("a value grows too large")
    return value


def _weight(value: Any, known: dict[int, int]) -> int:
    # Each part is visited once however often it stands in the whole, and counts as often as it stands there.
    if isinstance(value, Namespace):
        raise SecurityError("a namespace is no value")
    if not isinstance(value, list | tuple | dict):
        return 1 + (len(value) if isinstance(value, str) else 0)
    if id(value) not in known:
        parts = [part for pair in value.items() for part in pair] if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_weight(part, known) for part in parts)
    return known[id(value)]


class _DataOnly(ImmutableSandboxedEnvironment):
    """A sandbox in which values have keys, places and a few methods, and what grows is weighed."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if not isinstance(obj, _DATA):
            return super().getattr(obj, attribute)  # loop and namespace, which are Jinja2's own
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self._method(obj, attribute, _DICT_METHODS)
        return self._method(obj, attribute, _STR_METHODS if isinstance(obj, str) else frozenset())

    def _method(self, obj: Any, name: str, allowed: frozenset[str]) -> Any:
        if name not in allowed:
            return self.undefined(obj=obj, name=name)
        _charge(_steps_of(obj))
        method = getattr(obj, name)
        # A view of a dict would hide its contents from the scales.
        return (lambda: list(method())) if isinstance(obj, dict) and name != "get" else method

    def getitem(self, obj: Any, argument: Any) -> Any:
        if not isinstance(obj, _DATA):
            return super().getitem(obj, argument)
        data: Any = obj
        try:
            return data[argument]
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or (operator in "*%" and not numbers):
            raise SecurityError(f"`{operator}` is for small numbers only here")
        _charge(_steps_of(left) + _steps_of(right))
        return _weighed(super().call_binop(context, operator, left, right))


class _Space(Namespace):
    """A namespace for values only: one inside another would be written out without end."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**{name: _weighed(value) for name, value in named.items()})

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, _weighed(value))


def _limited(function: Callable[..., Any]) -> Callable[..., Any]:
    # `wraps` keeps the mark by which Jinja2 knows filters that want its context.
    @functools.wraps(function)
    def filtered(*given: Any, **named: Any) -> Any:
        _charge(sum(_steps_of(value) for value in (*given, *named.values())))
        return _weighed(function(*given, **named))

    return filtered


def _counted(passages: Any, weight: int) -> list[Any]:
    """Return a loop's passages, after counting what stands in the loop for each of them."""
    listed = list(passages)  # an undefined value says its name here
    _charge(len(listed) * weight)
    return listed


def _joined(parts: Iterable[Any], between: Any = "") -> str:
    listed = [piece for part in _weighed(list(parts)) for piece in (between, part)][1:]
    missing = next((piece for piece in listed if isinstance(piece, Undefined)), None)
    return str(missing) if missing is not None else "".join(str(piece) for piece in _weighed(listed))


def _replaced(text: Any, old: str, new: str, count: int = -1) -> str:
    whole, new = str(text), str(new)
    found = whole.count(old) if count < 0 else min(count, whole.count(old))
    if len(whole) + found * len(new) > VALUE_MAX_LENGTH:
        raise SecurityError("a value grows too large")
    return whole.replace(old, new, count)


def _bounded(function: Callable[..., Any], *, name: str, position: int, most: int) -> Callable[..., Any]:
    """Return a filter one of whose arguments, by position or name, is a number of at most `most`, or a text as short."""

    @functools.wraps(function)
    def filtered(*given: Any, **named: Any) -> Any:
        value = named.get(name, given[position] if len(given) > position else None)
        size = len(value) if isinstance(value, str | list | tuple | dict) else value
        if isinstance(size, int | float) and size > most:
            raise SecurityError(f"{name!r} is more than {most}")
        return function(*given, **named)

    return filtered


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > MAX_RANGE:
        raise SecurityError(f"a range is longer than {MAX_RANGE}")
    return made


@functools.cache
def environment() -> ImmutableSandboxedEnvironment:
    """Return the one environment of all templates; it keeps nothing of any of them."""
    made = _DataOnly(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, optimized=False)
    filters = {name: made.filters[name] for name in _FILTERS}
    filters["indent"] = _bounded(filters["indent"], name="width", position=1, most=MAX_INDENT)
    # One further: Jinja2 hands this one and `sum` its own settings first.
    filters["tojson"] = _bounded(filters["tojson"], name="indent", position=2, most=MAX_INDENT)
    filters["round"] = _bounded(filters["round"], name="precision", position=1, most=MAX_DIGITS)
    # Nothing to start from but its own zero: from a list, lists would add up, and ever more slowly.
    filters["sum"] = _bounded(filters["sum"], name="start", position=3, most=-1)
    filters.update({"replace": _replaced, "join": _joined, _JOINED: _joined})
    made.filters.clear()
    made.filters.update({name: _limited(function) for name, function in filters.items()})
    made.filters.update({_COUNTED: _counted, _WEIGHED: _weighed})
    made.tests.update({name: _limited(cast("Callable[..., Any]", function)) for name, function in made.tests.items()})
    made.globals = {"range": _range, "dict": _limited(dict), "namespace": _Space}
    return made


def put_on_scales(node: nodes.Node) -> None:
    """Let everything below a node be weighed that Jinja2 does by itself: building, joining, comparing and repeating."""
    for name, value in node.iter_fields():
        if isinstance(value, nodes.Node):
            setattr(node, name, _on_scales(value))
        elif isinstance(value, list):
            value[:] = [_on_scales(part) if isinstance(part, nodes.Node) else part for part in value]


def _on_scales(node: nodes.Node) -> nodes.Node:
    weight = 1 + sum(1 for _ in node.find_all(nodes.Node)) if isinstance(node, nodes.For) else 0
    put_on_scales(node)
    if isinstance(node, nodes.For):
        node.iter = _filter(node.iter, _COUNTED, nodes.Const(weight))
    if isinstance(node, nodes.Compare):
        node.expr = _filter(node.expr, _WEIGHED)
        for operand in node.ops:
            operand.expr = _filter(operand.expr, _WEIGHED)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
        # Compiled to Python's own slices, past `getitem`.
        node.node = _filter(node.node, _WEIGHED)
    if isinstance(node, nodes.Concat):
        return _filter(nodes.List(node.nodes, lineno=node.lineno, environment=node.environment), _JOINED)
    is_built = isinstance(node, nodes.List | nodes.Dict) or (isinstance(node, nodes.Tuple) and node.ctx == "load")
    return _filter(node, _WEIGHED) if is_built else node


def _filter(node: Any, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(arguments), [], None, None, lineno=node.lineno, environment=node.environment)
