"""Templates of prompts and questions: Jinja2 in a sandbox. They are a stranger's programs, run on a stranger's data."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError, meta, nodes

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.model import Model

from .template_sandbox import VALUE_MAX_LENGTH, environment, limited_work, put_on_scales

OUTPUT_MAX_BYTES = VALUE_MAX_LENGTH
# As large as a flow file may be.
TEMPLATE_MAX_CHARACTERS = 256 * 1024
# Names, signs and the texts between them: ten times what GitLab's longest prompt has. Reading takes a second for some 30,000.
TEMPLATE_MAX_WORDS = 10_000

# Programs and other files; and blocks whose text would be collected out of sight of the limit.
_REFUSED = (
    *(nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock),
    *(nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block),
)

# Tests and filters by which a template says that a value may not be there.
_CAN_MISS = frozenset({"defined", "undefined", "d", "default"})


class InvalidTemplate(NeverAgain):
    """A template that cannot be rendered, by itself or with these values.

    `line` is the template's own, from 1; `name` is the word that it does not know, if that is what is wrong; `fault` is what is
    wrong without where.
    """

    def __init__(self, reason: str, *, fault: str = "", line: int = 1, name: str = "") -> None:
        super().__init__(reason, code="invalid_template")
        self.fault = fault or reason
        self.line = line
        self.name = name


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


class Names(Model):
    """The variables that a template names: `needed` ones with the first line of each, which counts from 1; others it can miss.

    `parts` are the ways below variables that it reads (`answer.cause.line`) and cannot miss, each with its first line.
    """

    needed: dict[str, int]
    used: frozenset[str]
    parts: dict[tuple[str, ...], int]


@functools.lru_cache(maxsize=256)
def names_in(template: str) -> Names:
    """Return the variables that a template names. Those that it asks for by `is defined` or `default` it can miss.

    Raises:
        InvalidTemplate: it is no template, or has a filter or a test that is not there.
    """
    tree = _parsed(template)
    _refuse_unknown_words(tree)
    asked = [_named_in(test) for test in tree.find_all(nodes.Test) if test.name in _CAN_MISS]
    asked += [_named_in(filtered) for filtered in tree.find_all(nodes.Filter) if filtered.name in _CAN_MISS]
    used = frozenset(meta.find_undeclared_variables(tree))
    lines: dict[str, int] = {}
    for name in tree.find_all(nodes.Name):
        lines.setdefault(name.name, name.lineno)
    needed = {name: lines.get(name, 1) for name in sorted(used - set(asked))}
    parts = {way: line for way, line in _ways(tree).items() if way[0] in used}
    return Names(needed=needed, used=used, parts=parts)


def _ways(tree: nodes.Template) -> dict[tuple[str, ...], int]:
    """Return what a template reads below variables, without methods, what it can miss, and what it sets itself."""
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    passed = {id(call.node) for call in tree.find_all(nodes.Call)}
    passed |= {id(test.node) for test in tree.find_all(nodes.Test) if test.name in _CAN_MISS}
    passed |= {id(filtered.node) for filtered in tree.find_all(nodes.Filter) if filtered.name in _CAN_MISS}
    reads: list[nodes.Getattr | nodes.Getitem] = [*tree.find_all(nodes.Getattr), *tree.find_all(nodes.Getitem)]
    longer = {id(node.node) for node in reads if id(node) not in passed}
    found: dict[tuple[str, ...], int] = {}
    for node in reads:
        way = _way(node) if id(node) not in passed | longer else ()
        if way and way[0] not in own:
            found.setdefault(way, node.lineno)
    return found


def _way(node: nodes.Node) -> tuple[str, ...]:
    """Return the names that lead to a node, the variable's first; empty where one of them is not known beforehand."""
    names: list[str] = []
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        key = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
        if not isinstance(key, str):
            return ()
        names.append(key)
        node = node.node
    return (node.name, *reversed(names)) if isinstance(node, nodes.Name) else ()


def words_of_templates() -> tuple[str, ...]:
    """Return the filters and tests that templates have, sorted."""
    made = environment()
    return tuple(sorted(word for word in {*made.filters, *made.tests} if " " not in word))


def _refuse_unknown_words(tree: nodes.Template) -> None:
    # Jinja2 itself says so only once it compiles the template.
    made = environment()
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        kind, known = ("filter", made.filters) if isinstance(node, nodes.Filter) else ("test", made.tests)
        if node.name not in known:
            fault = f"the {kind} {node.name}, which templates do not have here"
            reason = f"The template is wrong in its line {node.lineno}: No {kind} named '{node.name}'."
            raise InvalidTemplate(reason, fault=fault, line=node.lineno, name=node.name)


def _named_in(node: nodes.Test | nodes.Filter) -> str:
    inner: nodes.Node | None = node.node
    while isinstance(inner, nodes.Getattr | nodes.Getitem):
        inner = inner.node
    return inner.name if isinstance(inner, nodes.Name) else ""


def _parsed(template: str) -> nodes.Template:
    _refuse_length(template)
    try:
        tree = environment().parse(template)
        refused = next(iter(tree.find_all(_REFUSED)), None)
        loops = [loop for loop in tree.find_all(nodes.For) if loop.recursive]
    except TemplateSyntaxError as error:
        reason = f"The template is wrong in its line {error.lineno}: {_said(error)}."
        raise InvalidTemplate(reason, fault=_said(error), line=error.lineno) from None
    except (RecursionError, MemoryError):
        raise InvalidTemplate("The template is nested too deeply.", fault="a template nested too deeply") from None
    if refused is not None:
        raise _not_for_flows(type(refused).__name__.lower(), refused.lineno)
    if loops:
        raise _not_for_flows("recursive loop", loops[0].lineno)
    return tree


def _refuse_length(template: str) -> None:
    if len(template) > TEMPLATE_MAX_CHARACTERS:
        raise InvalidTemplate(f"The template is longer than {TEMPLATE_MAX_CHARACTERS} characters.")
    if len(template) < TEMPLATE_MAX_WORDS:
        return  # each word has a character
    try:
        words = sum(1 for _ in itertools.islice(environment().lexer.tokeniter(template, None), TEMPLATE_MAX_WORDS + 1))
    except TemplateSyntaxError:
        return  # which the parser tells with its line
    if words > TEMPLATE_MAX_WORDS:
        raise InvalidTemplate(f"The template has more than {TEMPLATE_MAX_WORDS:,} words of Jinja2.")


def _not_for_flows(kind: str, line: int) -> InvalidTemplate:
    reason = f"The template has a {kind} in its line {line}, which is not for flows."
    return InvalidTemplate(reason, fault=f"a {kind}, which is not for flows", line=line)


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
