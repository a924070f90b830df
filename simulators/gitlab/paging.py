"""Lists in pages, with GitLab's headers.

The law of this module: offset paging (`page`, `per_page`) and keyset paging (`pagination=keyset` and a token
that names the last item seen). Neither cares what the items are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from fastapi.responses import JSONResponse

from simulators.gitlab.errors import bad_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from simulators.gitlab.calls import Call

Item = TypeVar("Item")

DEFAULT_PER_PAGE = 20
MOST_PER_PAGE = 100  # GitLab gives no more, whatever is asked


def page(call: Call, items: Sequence[Item], show: Callable[[Item], Any]) -> JSONResponse:
    """One page by number, with totals; a page past the end is empty."""
    number, size = _positive(call, "page", 1), _page_size(call)
    pages = max(1, math.ceil(len(items) / size))
    shown = items[(number - 1) * size : number * size]
    links = {"first": 1, "last": pages}
    if number > 1:
        links["prev"] = number - 1
    if number < pages:
        links["next"] = number + 1
    headers = {
        "X-Total": str(len(items)),
        "X-Total-Pages": str(pages),
        "X-Page": str(number),
        "X-Per-Page": str(size),
        "X-Next-Page": str(links.get("next", "")),
        "X-Prev-Page": str(links.get("prev", "")),
        "Link": _links(call, {name: {"page": target, "per_page": size} for name, target in links.items()}),
    }
    return JSONResponse([show(item) for item in shown], headers=headers)


def keyset_page(
    call: Call, items: Sequence[Item], show: Callable[[Item], Any], *, key: Callable[[Item], str], cursor: str
) -> JSONResponse:
    """One page by key when `pagination=keyset` is asked for, else one by number.

    Args:
        call: The request; `cursor` is the name of its parameter that holds the key of the last item seen.
        items: In the order in which they are to be read.
        show: Item to JSON.
        key: What names an item; unique.
        cursor: See `call`.
    """
    if call.text("pagination") != "keyset":
        return page(call, items, show)
    size, last_seen = _page_size(call), call.text(cursor)
    rest = list(items) if last_seen is None else _after(items, last_seen, key)
    headers = {"X-Per-Page": str(size)}
    if len(rest) > size:
        headers["Link"] = _links(call, {"next": {cursor: key(rest[size - 1]), "per_page": size}})
    return JSONResponse([show(item) for item in rest[:size]], headers=headers)


def _after(items: Sequence[Item], last_seen: str, key: Callable[[Item], str]) -> list[Item]:
    keys = [key(item) for item in items]
    return list(items[keys.index(last_seen) + 1 :]) if last_seen in keys else []


def _page_size(call: Call) -> int:
    return min(_positive(call, "per_page", DEFAULT_PER_PAGE), MOST_PER_PAGE)


def _positive(call: Call, name: str, default: int) -> int:
    value = call.number(name)
    if value is not None and value < 1:
        raise bad_parameter(f"{name} does not have a valid value")
    return value or default


def _links(call: Call, targets: dict[str, dict[str, Any]]) -> str:
    """A Link header: the same request with other paging parameters."""
    base = f"{call.simulator.url}{call.request.scope['path']}"
    own: Iterable[tuple[str, str]] = call.request.query_params.multi_items()
    links = []
    for name, changes in targets.items():
        kept = [(key, value) for key, value in own if key not in changes]
        query = urlencode([*kept, *((key, str(value)) for key, value in changes.items())])
        links.append(f'<{base}?{query}>; rel="{name}"')
    return ", ".join(links)
