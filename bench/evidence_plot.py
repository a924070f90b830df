"""Recall over size as an SVG picture, written by hand: a curve for the budgets of one rule, a point for each other rule."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 30, 30, 50
_LEAST, _MOST = 300, 300_000
# Labels of points that are nearer than this would cover each other on one side.
_NEAR = 40
_INK, _OURS, _OTHERS = "#24292f", "#1f6feb", "#8c5a00"


@dataclass(frozen=True)
class Point:
    """A rule's mean size in tokens and its recall from 0 to 1."""

    name: str
    tokens: float
    recall: float


@dataclass(frozen=True)
class Curve:
    """Points of one rule."""

    name: str
    points: list[Point]


def plot(curve: Curve, others: Iterable[Point]) -> str:
    """Return the picture."""
    parts = [*_axes(), _line(curve), *(_mark(point, "", _OURS) for point in curve.points)]
    last = curve.points[-1]
    parts.append(_text(_x(last.tokens) - 4, _y(last.recall) - 10, curve.name, _OURS, "end"))
    before: Point | None = None
    for point in sorted(others, key=lambda point: point.tokens):
        parts.append(_mark(point, point.name, _OTHERS, on_the_right=before is not None and _are_near(before, point)))
        before = point
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="11">\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _x(tokens: float) -> float:
    share = (math.log10(tokens) - math.log10(_LEAST)) / (math.log10(_MOST) - math.log10(_LEAST))
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(recall: float) -> float:
    return _TOP + (1 - recall) * (_HEIGHT - _TOP - _BOTTOM)


def _axes() -> Iterable[str]:
    for recall in (0, 0.2, 0.4, 0.6, 0.8, 1):
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_y(recall):.1f}" y2="{_y(recall):.1f}" stroke="#d0d7de"/>'
        yield _text(_LEFT - 8, _y(recall) + 4, f"{recall:.1f}", _INK, "end")
    for tokens in (300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000):
        yield _text(_x(tokens), _HEIGHT - _BOTTOM + 18, f"{tokens:,}", _INK, "middle")
    yield _text(_WIDTH / 2, _HEIGHT - 10, "tokens given, mean (logarithmic)", _INK, "middle")
    yield _text(_LEFT, _TOP - 12, "critical recall, mean", _INK, "start")


def _line(curve: Curve) -> str:
    places = " ".join(f"{_x(point.tokens):.1f},{_y(point.recall):.1f}" for point in curve.points)
    return f'<polyline points="{places}" fill="none" stroke="{_OURS}" stroke-width="2"/>'


def _are_near(one: Point, other: Point) -> bool:
    return abs(_x(one.tokens) - _x(other.tokens)) < _NEAR and abs(_y(one.recall) - _y(other.recall)) < _NEAR


def _mark(point: Point, name: str, colour: str, *, on_the_right: bool = False) -> str:
    x, y = _x(point.tokens), _y(point.recall)
    title = f"<title>{escape(point.name)}: {point.recall:.3f} at {point.tokens:,.0f} tokens</title>"
    label = _text(x + 10, y + 4, name, colour, "start") if on_the_right else _text(x - 8, y + 16, name, colour, "end")
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}">{title}</circle>{label if name else ""}'


def _text(x: float, y: float, words: str, colour: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{escape(words)}</text>'
