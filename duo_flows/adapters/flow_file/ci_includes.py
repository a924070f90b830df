"""What a pipeline configuration includes from elsewhere, read without resolving anything.

GitLab resolves includes with the account that asks, which may see more than the person for whom it asks. So what leads out of the
project is found before anything is sent; what cannot be read here is not sent either, since GitLab might read it otherwise.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

import yaml

from duo_flows.domain.errors import Refused

# A file of the project itself, of a job of its own, and GitLab's; `rules` and `inputs` say when and with what.
# Source: GitLab docs, ci/yaml, "include" and "trigger:include".
_OWN = frozenset({"local", "template", "artifact", "job", "rules", "inputs"})
_SHOWN_MAX = 100


def foreign_includes(text: str) -> tuple[str, ...]:
    """Return what the configuration includes from elsewhere, as far as one can say; empty where all is the project's own.

    Raises:
        Refused: it is no YAML; the reason says where.
    """
    try:
        documents = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Refused(f"The configuration is not YAML{where}: {getattr(error, 'problem', None) or 'it cannot be read'}.") from None
    except RecursionError:
        raise Refused("The configuration is nested too deeply.") from None
    return tuple(dict.fromkeys(found for value in _includes(documents) for found in _foreign(value)))


def _includes(documents: list[yaml.Node]) -> Iterator[yaml.Node]:
    """Yield the value of each key `include`, wherever it stands: an anchor may carry it elsewhere."""
    seen: set[int] = set()
    waiting = list(documents)
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield from (value for key, value in node.value if _text(key) == "include")
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _foreign(value: yaml.Node) -> Iterator[str]:
    items = value.value if isinstance(value, yaml.SequenceNode) else [value]
    for item in items:
        if isinstance(item, yaml.MappingNode):
            yield from (f"{_text(key)[:_SHOWN_MAX]}" for key, _ in item.value if _text(key) not in _OWN)
        # A bare text is an address or a file of the project; a variable may become either.
        elif not isinstance(item, yaml.ScalarNode) or "://" in _text(item) or "$" in _text(item):
            yield _text(item)[:_SHOWN_MAX]


def _text(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return "a list or a mapping"
    if node.tag != "tag:yaml.org,2002:binary":
        return str(node.value)
    try:
        return base64.b64decode(node.value).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return str(node.value)
