"""What Jinja2 says of a template, in the author's words: what stands there, what may, and the words to choose the nearest from."""

from __future__ import annotations

import re

_ALLOWED = "a Jinja2 template"
_QUOTED = re.compile(r"'(\w+)'")
_TAG = re.compile(r"Encountered unknown tag '(?P<tag>\w+)'\.?(?P<looked>.*)", re.DOTALL)
_TOKEN = re.compile(r"expected token '(?P<expected>[^']*)', got '(?P<got>.*)'", re.DOTALL)
_END = re.compile(r"Unexpected end of template.*?(?:innermost block that needs to be closed is '(?P<block>\w+)'|$)", re.DOTALL)
# Jinja2's names of what it looks for, where they are not the signs themselves.
_SIGNS = {"end of print statement": "}}", "end of statement block": "%}"}


def in_words(fault: str) -> tuple[str, str, str, tuple[str, ...]]:
    """Return what was found, what is allowed, the word that is wrong, if it is one, and the words it may be meant for."""
    if tag := _TAG.match(fault):
        words = tuple(dict.fromkeys(_QUOTED.findall(tag["looked"])))
        here = f", and here {' or '.join(words)}" if words else ""
        return f"the tag {tag['tag']}", f"{_ALLOWED}{here}", tag["tag"], words or _TAGS
    if token := _TOKEN.match(fault):
        return f"{_sign(token['got'])} inside of a tag", f"{_ALLOWED}, and here {_sign(token['expected'])}", "", ()
    if end := _END.match(fault):
        block = end["block"]
        return "the end of the template inside of a tag", f"{{% end{block} %}}" if block else _ALLOWED, "", ()
    return fault.split(". ", 1)[0], _ALLOWED, "", ()


_TAGS = ("for", "endfor", "if", "elif", "else", "endif", "set", "raw", "endraw", "with", "endwith")


def _sign(name: str) -> str:
    return _SIGNS.get(name, name)
