"""YAML read as plain JSON values, with the line and column of everything in it.

The text is untrusted: its size, its depth and what its aliases unfold to are limited before any value is built, no tag makes an
object, and a key that stands twice is an error and not the last one's victory.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from duo_flows.domain.model import Model

from .yaml_words import in_words

# Ten times GitLab's longest own flow.
MAX_CHARACTERS = 256 * 1024
# A flow nests ten deep; a response schema adds as many again. Also what keeps the recursion below within its bounds.
MAX_DEPTH = 50
# After aliases are unfolded: far above any flow, far below what fills a memory.
MAX_NODES = 50_000

Path = tuple[str | int, ...]

_MERGE = "tag:yaml.org,2002:merge"
# YAML knows dates; JSON does not, and an author who writes one means its text.
_AS_TEXT = frozenset({"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"})
# What every JSON reader takes. Python itself will not even print an integer of more than 4,300 digits.
_INTEGER_MAX = 2**63 - 1
_SCALARS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")) | _AS_TEXT

# What YAML takes for the end of a line, and what it does not take at all.
LINE_ENDS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_FOREIGN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_COLLECTIONS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class Place(Model):
    """Where something stands; both count from 1."""

    line: int
    column: int


class UnreadableYaml(Exception):  # noqa: N818 - said of the text
    """The text is not YAML that we read; `path` leads to where it is not, as far as that is known."""

    def __init__(self, reason: str, *, place: Place, allowed: str, path: Path = ()) -> None:
        super().__init__(reason)
        self.place = place
        self.allowed = allowed
        self.path = path


class Document(Model):
    """A file's value, and the places of its parts by path; a key's place is that of the key itself.

    `blocks` has the lines on which texts begin that stand below their key (`|`), line by line as they are read.
    """

    value: Any
    places: dict[Path, Place]
    blocks: dict[Path, int]
    lines: tuple[str, ...]

    def place_of(self, path: Path) -> Place:
        """Return the place of the deepest part of the path that stands in the file."""
        lengths = range(len(path), -1, -1)
        return next((self.places[path[:length]] for length in lengths if path[:length] in self.places), Place(line=1, column=1))

    def place_in(self, path: Path, line: int, name: str = "") -> Place:
        """Return the place of a name in a text's own line, which counts from 1; that of its key where lines are not kept."""
        start = self.blocks.get(path)
        number = (start or 0) + line - 1
        if start is None or not 0 < number <= len(self.lines):
            return self.place_of(path)
        found = re.search(rf"\b{re.escape(name)}\b" if name else r"\S", self.lines[number - 1])
        return Place(line=number, column=found.start() + 1 if found else 1)


def read_yaml(text: str) -> Document:
    """Return the one document of a text.

    Raises:
        UnreadableYaml: it is no YAML, not one document, too large, too deep, unfolds too far, or is not made of JSON's values.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnreadableYaml(f"{len(text):,} characters", place=Place(line=1, column=1), allowed=f"at most {MAX_CHARACTERS:,}")
    if foreign := _FOREIGN.search(text):
        found = f"the character U+{ord(foreign[0]):04X}"
        raise UnreadableYaml(found, place=place_at(text, foreign.start()), allowed="text without control characters")
    try:
        _limit_events(text)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise _unreadable(error, text) from None
    if root is None:
        raise UnreadableYaml("an empty file", place=Place(line=1, column=1), allowed="a flow")
    _limit_unfolding(root)
    reader = _Reader()
    value = reader.value(root, ())
    return Document(value=value, places=reader.places, blocks=reader.blocks, lines=tuple(LINE_ENDS.split(text)))


def place_at(text: str, offset: int) -> Place:
    """Return the place of a character, by its offset from 0."""
    ends = list(LINE_ENDS.finditer(text, 0, offset))
    return Place(line=len(ends) + 1, column=offset - (ends[-1].end() if ends else 0) + 1)


def _unreadable(error: yaml.YAMLError, text: str) -> UnreadableYaml:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = _place(mark) if mark else Place(line=1, column=1)
    lines = LINE_ENDS.split(text)
    # At the end of a file that lacks something, YAML's mark is below its last line.
    place = place if place.line <= len(lines) else Place(line=len(lines), column=len(lines[-1]) + 1)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or ""
    found, allowed = in_words(str(problem), at=lines[place.line - 1][place.column - 1 :])
    return UnreadableYaml(found, place=place, allowed=allowed)


def _place(mark: Any) -> Place:
    return Place(line=mark.line + 1, column=mark.column + 1)


def _limit_events(text: str) -> None:
    # On the stream of events, which needs no recursion and little memory: composing nodes does.
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        if count > 2 * MAX_NODES:
            raise UnreadableYaml("more values than a flow has", place=_place(event.start_mark), allowed=f"at most {MAX_NODES:,}")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise UnreadableYaml("values nested too deeply", place=_place(event.start_mark), allowed=f"at most {MAX_DEPTH} levels")


def _limit_unfolding(root: yaml.Node) -> None:
    """Refuse what aliases would unfold to, counted with each node visited once."""
    known: dict[int, tuple[int, int]] = {}
    open_nodes: set[int] = set()

    def measured(node: yaml.Node) -> tuple[int, int]:
        if id(node) in open_nodes:
            raise UnreadableYaml(
                "an alias inside what it names", place=_place(node.start_mark), allowed="an alias to something else"
            )
        if id(node) not in known:
            open_nodes.add(id(node))
            parts = [measured(part) for part in _parts(node)]
            open_nodes.discard(id(node))
            known[id(node)] = 1 + sum(count for count, _ in parts), 1 + max((depth for _, depth in parts), default=0)
        count, depth = known[id(node)]
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise UnreadableYaml(
                "aliases that unfold too far", place=_place(node.start_mark), allowed=f"at most {MAX_NODES:,} values"
            )
        return count, depth

    measured(root)


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


class _Reader:
    """Builds values and notes places on the way."""

    def __init__(self) -> None:
        self.places: dict[Path, Place] = {}
        self.blocks: dict[Path, int] = {}
        self._scalars = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.places.setdefault(path, _place(node.start_mark))
        try:
            return self._value(node, path)
        except UnreadableYaml as error:
            error.path = error.path or path
            raise

    def _value(self, node: yaml.Node, path: Path) -> Any:
        if not isinstance(node, yaml.ScalarNode) and node.tag not in _COLLECTIONS:
            raise _tagged(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(part, (*path, index)) for index, part in enumerate(node.value)]
        if getattr(node, "style", "") == "|":
            self.blocks[path] = node.start_mark.line + 2
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self._key(key_node, path)
            if key in own:
                place = _place(key_node.start_mark)
                raise UnreadableYaml(f"{key} for the second time", place=place, path=(*path, key), allowed="each key once")
            self.places[*path, key] = _place(key_node.start_mark)
            own[key] = self.value(value_node, (*path, key))
        for merged in _merged(node):
            own = {**self._mapping(merged, path), **own}
        return own

    def _key(self, node: yaml.Node, path: Path) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise UnreadableYaml("a key that is no text", place=_place(node.start_mark), allowed="a plain key")
        key = self._scalar(node)
        if not isinstance(key, str):
            raise _not_a_text(node, key, path)
        return key

    def _scalar(self, node: yaml.Node) -> Any:
        if node.tag not in _SCALARS:
            raise _tagged(node)
        if node.tag in _AS_TEXT:
            return node.value
        try:
            value = self._scalars.construct_object(node)
        except (ValueError, OverflowError):
            raise UnreadableYaml(f"the number {node.value[:60]}", place=_place(node.start_mark), allowed="a number") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise UnreadableYaml(f"the number {node.value[:60]}", place=_place(node.start_mark), allowed="a number with an end")
        if isinstance(value, int) and abs(value) > _INTEGER_MAX:
            raise UnreadableYaml(f"the number {node.value[:60]}", place=_place(node.start_mark), allowed="a number of 64 bits")
        return value


def _not_a_text(node: yaml.ScalarNode, key: Any, path: Path) -> UnreadableYaml:
    """Return what is wrong with a key such as yes, on, true or 1: YAML reads a value, and no route would ever be met."""
    kind = {bool: f"the value {str(key).lower()}", type(None): "nothing"}.get(type(key), "a number")
    said = node.value[:60]
    found, allowed = f"the key {said}, which is {kind} in YAML", f'"{said}" in quotes'
    return UnreadableYaml(found, place=_place(node.start_mark), allowed=allowed, path=(*path, said))


def _tagged(node: yaml.Node) -> UnreadableYaml:
    tag = node.tag.replace("tag:yaml.org,2002:", "!!")[:60]
    return UnreadableYaml(f"the tag {tag}", place=_place(node.start_mark), allowed="plain values without tags")


def _merged(node: yaml.MappingNode) -> Iterator[yaml.MappingNode]:
    """Yield the mappings merged by `<<`, those that count most first."""
    for key_node, value_node in node.value:
        if key_node.tag == _MERGE:
            for part in value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]:
                if not isinstance(part, yaml.MappingNode):
                    raise UnreadableYaml(
                        "something merged that has no keys", place=_place(part.start_mark), allowed="mappings after `<<`"
                    )
                yield part
