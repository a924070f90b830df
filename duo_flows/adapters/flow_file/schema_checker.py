"""Checking a value against a response schema within a bounded time, whatever the schema says.

Every keyword asks first whether there is time left. Those that run patterns, or compare each item with each, are ours: the
library's cannot be stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from typing import Any

from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry

from .patterns import Budget

Keyword = Callable[[Any, Any, Any, Any], Any]

# Validators of the library make others as they go down and take nothing of ours along.
_BUDGET: ContextVar[Budget] = ContextVar("budget of the answer that is being checked")


def faults_of(value: Any, schema: Mapping[str, Any], *, dialect: type[Validator], budget: Budget) -> Iterator[ValidationError]:
    """Yield how a value breaks the rules of a schema that is known to be one of its dialect; nothing is fetched.

    Raises:
        TooSlow: the budget is used up.
        Exception: whatever the library raises at a schema that refers to what is none, or to itself without end.
    """
    _BUDGET.set(budget)
    yield from _bounded(dialect)(_in_one_dialect(schema), registry=Registry()).iter_errors(value)


@cache
def _bounded(dialect: Any) -> Any:
    keywords = {**dialect.VALIDATORS, **{name: one for name, one in _OURS.items() if name in dialect.VALIDATORS}}
    on_time = {name: _on_time(keyword) for name, keyword in keywords.items()}
    return extend(dialect, validators=on_time)  # type: ignore[no-untyped-call] # the library's stubs leave it open


def _on_time(keyword: Keyword) -> Keyword:
    def checked(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        _BUDGET.get().spend(instance)
        yield from keyword(validator, rule, instance, schema) or ()

    return checked


def _in_one_dialect(part: Any) -> Any:
    """Return a schema without the names of dialects: where the library meets one, it goes on with its own keywords."""
    if isinstance(part, Mapping):
        return {key: _in_one_dialect(value) for key, value in part.items() if not (key == "$schema" and isinstance(value, str))}
    return [_in_one_dialect(value) for value in part] if isinstance(part, list) else part


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not _BUDGET.get().finds(pattern, instance, on=instance):
        yield ValidationError("The text does not match its pattern.")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, rule in patterns.items():
        for name, value in instance.items():
            if _BUDGET.get().finds(pattern, name, on=instance):
                yield from validator.descend(value, rule, path=name, schema_path=pattern)


def _additional_properties(validator: Any, rule: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    budget = _BUDGET.get()
    others = [
        name for name in instance if name not in known and not any(budget.finds(pattern, name, on=instance) for pattern in patterns)
    ]
    if validator.is_type(rule, "object"):
        for name in others:
            yield from validator.descend(instance[name], rule, path=name)
    elif not rule and others:
        yield ValidationError("There are properties beside those that are named.")


def _unique_items(validator: Any, rule: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if rule and validator.is_type(instance, "array") and len({_identity(item) for item in instance}) < len(instance):
        yield ValidationError("An item stands there twice.")


def _identity(value: Any) -> Any:
    """Return what is equal for values that are equal in JSON: 1 is 1.0 and not true, and the order of keys says nothing."""
    if isinstance(value, dict):
        return ("object", frozenset((name, _identity(part)) for name, part in value.items()))
    if isinstance(value, list):
        return ("array", tuple(_identity(part) for part in value))
    return (isinstance(value, bool), value)


_OURS: Mapping[str, Keyword] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
}
