"""Templates of prompts and questions: Jinja2 in a sandbox. They are a stranger's programs, run on a stranger's data."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError, meta, nodes

from duo_flows.domain.errors import NeverAgain

from .template_sandbox import VALUE_MAX_LENGTH, environment, limited_work, put_on_scales

OUTPUT_MAX_BYTES = VALUE_MAX_LENGTH
# As large as a flow file may be.
TEMPLATE_MAX_CHARACTERS = 256 * 1024

# Programs and other files; and blocks whose text would be collected out of sight of the limit.
_REFUSED = (
    *(nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock),
    *(nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block),
)


class InvalidTemplate(NeverAgain):
    """A template that cannot be rendered, by itself or with these values."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="invalid_template")


def render(template: str, variables: Mapping[str, Any]) -> str:
    """Return the text that a template gives with these values, which are JSON's.

    Raises:
        InvalidTemplate: it is no template, names a value that is not there, or makes or takes more than it may.
    """
    compiled = _compiled(template)
    try:
        with limited_work():
            return _limited_text(compiled.generate(variables))
    except TemplateError as error:
        raise InvalidTemplate(f"The template cannot be rendered: {_said(error)}.") from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError, MemoryError) as error:
        # Such messages may quote values, which are no part of an error.
        raise InvalidTemplate(f"The template cannot be rendered with these values ({type(error).__name__}).") from None


def _limited_text(pieces: Iterable[str]) -> str:
    made: list[str] = []
    left = OUTPUT_MAX_BYTES
    for piece in pieces:
        left -= len(piece.encode("utf-8", "surrogatepass"))
        if left < 0:
            raise InvalidTemplate(f"The template makes more than {OUTPUT_MAX_BYTES} bytes; give it shorter values.")
        made.append(piece)
    return "".join(made)


def unknown_variables(template: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the variables that a template needs and that are not known, sorted.

    Those that it asks for by `is defined` or `default` it can miss.

    Raises:
        InvalidTemplate: it is no template.
    """
    tree = _parsed(template)
    named = [_named_in(test) for test in tree.find_all(nodes.Test) if test.name in {"defined", "undefined"}]
    named += [_named_in(filtered) for filtered in tree.find_all(nodes.Filter) if filtered.name in {"d", "default"}]
    return tuple(sorted(meta.find_undeclared_variables(tree) - set(known) - set(named)))


def _named_in(node: nodes.Test | nodes.Filter) -> str:
    inner: nodes.Node | None = node.node
    while isinstance(inner, nodes.Getattr | nodes.Getitem):
        inner = inner.node
    return inner.name if isinstance(inner, nodes.Name) else ""


def _parsed(template: str) -> nodes.Template:
    if len(template) > TEMPLATE_MAX_CHARACTERS:
        raise InvalidTemplate(f"The template is longer than {TEMPLATE_MAX_CHARACTERS} characters.")
    try:
        tree = environment().parse(template)
        refused = next(iter(tree.find_all(_REFUSED)), None)
        loops = [loop for loop in tree.find_all(nodes.For) if loop.recursive]
    except TemplateSyntaxError as error:
        raise InvalidTemplate(f"The template is wrong in its line {error.lineno}: {_said(error)}.") from None
    except (RecursionError, MemoryError):
        raise InvalidTemplate("The template is nested too deeply.") from None
    if refused is not None:
        kind = type(refused).__name__.lower()
        raise InvalidTemplate(f"The template has a {kind} in its line {refused.lineno}, which is not for flows.")
    if loops:
        raise InvalidTemplate(f"The template has a recursive loop in its line {loops[0].lineno}, which is not for flows.")
    return tree


def _said(error: TemplateError) -> str:
    return (error.message or "it is wrong").rstrip(".")


@functools.lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    tree = _parsed(template)
    try:
        put_on_scales(tree)
        return environment().from_string(tree)
    except TemplateError as error:
        raise InvalidTemplate(f"The template is wrong: {_said(error)}.") from None
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        raise InvalidTemplate(f"The template cannot be compiled ({type(error).__name__}).") from None
