"""Templates: what authors use works, what attackers use ends."""

from __future__ import annotations

from typing import Any

import pytest

from duo_flows.adapters.flow_file import InvalidTemplate, render
from duo_flows.adapters.flow_file.template_sandbox import MAX_RANGE
from duo_flows.adapters.flow_file.templates import OUTPUT_MAX_BYTES, names_in

DATA: dict[str, Any] = {
    "goal": "Fix it",
    "finding": {"title": "Expired", "score": 3, "items": ["a", "b"], "none": None},
    "names": ["x", "y"],
    "long": "z" * 600_000,
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ goal }}", "Fix it"),
        ("{{ finding.title }} {{ finding['score'] }}", "Expired 3"),
        ("{% for name in names %}{{ loop.index }}/{{ loop.length }}{{ name }} {% endfor %}", "1/2x 2/2y "),
        ("{% for key, value in {'a': 1}.items() %}{{ key }}={{ value }}{% endfor %}", "a=1"),
        ("{% for a in names %}{% for b in names if a != b %}{{ a ~ b }}{% endfor %}{% endfor %}", "xyyx"),
        ("{% for a in [] %}{% else %}nothing{% endfor %}", "nothing"),
        ("{% if finding.score > 2 %}high{% else %}low{% endif %}", "high"),
        ("{{ goal | upper }} {{ names | join(', ') }} {{ finding.items | length }}", "FIX IT x, y 2"),
        ("{{ goal.upper() }} {{ goal | replace('it', 'them') }}", "FIX IT Fix them"),
        ("{{ {'a': [1]} | tojson }} {{ 'a\nb' | indent(2) }}", '{"a": [1]} a\n  b'),
        ("{{ missing | default('none') }}{% if missing is defined %}!{% endif %}", "none"),
        ("{% set ns = namespace(total=0) %}{% for n in [1, 2] %}{% set ns.total = ns.total + n %}{% endfor %}{{ ns.total }}", "3"),
        ("{{ 1000 | tojson }} {{ [1] | tojson(1) }}", "1000 [\n 1\n]"),
        ("{{ 2 * 3 }} {{ 7 % 4 }} {{ 'a' + 'b' }} {{ range(3) | list }}", "6 3 ab [0, 1, 2]"),
        ("<b>{{ '<i>' }}</b>\n", "<b><i></b>\n"),
        ("{% raw %}{{ goal }}{% endraw %}", "{{ goal }}"),
        ("", ""),
    ],
)
def test_what_authors_write_is_rendered(template: str, text: str) -> None:
    assert render(template, DATA) == text


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ gaol }}", "'gaol' is undefined"),
        ("{{ finding.tilte }}", "no attribute 'tilte'"),
        ("{% for a in gaol %}{% endfor %}", "'gaol' is undefined"),
        ("{{ names[7] }}", "7"),
        ("{% if %}", "line 1"),
        ("\n{{ goal", "line 2"),
        ("{{ goal | shell }}", "shell"),
        ("{{ goal + 1 }}", "TypeError"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
    ],
)
def test_a_template_that_cannot_be_rendered_says_why(template: str, reason: str) -> None:
    with pytest.raises(InvalidTemplate, match=reason) as caught:
        render(template, DATA)

    assert caught.value.code == "invalid_template"


@pytest.mark.parametrize(
    "template",
    [
        "{{ goal.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ goal.format }}",
        "{{ goal['format'] }}",
        "{{ goal | attr('__class__') }}",
        "{{ names.append('z') }}",
        "{{ finding.update({'a': 1}) }}",
        "{{ finding.pop('title') }}",
        "{{ names | map(attribute='__class__') | first }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ lipsum() }}",
        "{{ loop.__init__ }}",
        "{% for a in names %}{{ loop.__class__ }}{% endfor %}",
        "{{ range.__class__ }}",
        "{{ dict.__mro__ }}",
        "{{ (1).__class__ }}",
        "{{ (1).to_bytes }}",
        "{{ {}.__class__ }}",
        "{{ '%s' % goal }}",
        "{{ '{0.__class__}' | format(goal) }}",
        "{% include 'a' %}",
        "{% import 'a' as b %}",
        "{% extends 'a' %}",
        "{% macro a() %}{% endmacro %}",
        "{% block a %}{% endblock %}",
        "{% call goal() %}{% endcall %}",
    ],
)
def test_a_template_reaches_nothing_but_data(template: str) -> None:
    with pytest.raises(InvalidTemplate):
        render(template, DATA)

    assert DATA["names"] == ["x", "y"]
    assert "title" in DATA["finding"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ long }}{{ long }}",
        "{{ 'a' * 10000000000 }}",
        "{{ [1] * 10000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 1000000000000 * 1000000000000 }}",
        "{{ '%09999999999d' % 1 }}",
        "{{ long ~ long }}",
        "{{ long + long }}",
        "{% set ns = namespace(x='a') %}{% for n in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for n in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{{ long | replace('z', long) }}",
        "{{ names | join(long) | replace('z', 'zzz') }}",
        "{{ {'a': 1} | tojson(indent=1000000000) }}",
        "{{ goal | indent(1000000000) }}",
        "{{ goal | indent(width=1000000000) }}",
        "{{ goal | indent(long, true) }}",
        "{{ names | tojson(indent=long) }}",
        "{% for a in range(1000000000) %}{% endfor %}",
        "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% set a = 'x' %}" + "{% set a = [a, a, a, a, a, a, a, a, a, a] %}" * 12 + "{{ a }}",
        "{% set a = 'x' %}" + "{% set a = {'b': a, 'c': a}.items() %}" * 40 + "{{ a | tojson }}",
        "{% set a = 'x' %}" + "{% set a = dict(b=a, c=a).values() %}" * 40 + "{{ a }}",
        "{% set a = 'x' %}" + "{% set a = (a, a) %}" * 40 + "{% if a == a %}{% endif %}",
        "{% set a = namespace() %}" + "{% set a = namespace(b=a, c=a) %}" * 40 + "{{ a }}",
        "{% set a = namespace() %}{% set a.b = a %}{{ a }}",
        "{% set a = 'x' %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40,
        "{% filter upper %}{{ goal }}{% endfilter %}",
        "{% for a in range(100000) %}{% if long | upper == long %}{% endif %}{% endfor %}",
        "{% for a in range(100000) %}{% if long is in [long] %}{% endif %}{% endfor %}",
        "{% for a in range(100000) %}{% set b = long.split('z') %}{% endfor %}",
        "{% for a in range(100000) %}{% set b = long[1:] %}{% endfor %}",
        "{% for a in range(100000) %}" + "{% if a %}{% endif %}" * 1_000 + "{% endfor %}",
        "{{ 5 | round(1000000000, 'floor') }}",
        "{{ [names, names] | sum(start=names) }}",
        "{% for a in names recursive %}{{ loop(names) }}{% endfor %}",
        "{{ " + "(" * 2_000 + "1" + ")" * 2_000 + " }}",
        "{% if 1 %}" * 500 + "{% endif %}" * 500,
        "a" * (OUTPUT_MAX_BYTES + 1),
    ],
)
def test_a_template_that_makes_much_of_little_ends(template: str) -> None:
    with pytest.raises(InvalidTemplate):
        render(template, DATA)


def test_a_large_but_fair_output_is_rendered() -> None:
    text = render("{% for n in numbers %}{{ n }},{% endfor %}", {"numbers": list(range(MAX_RANGE))})

    assert text.endswith("99999,")


def test_an_error_does_not_repeat_a_value() -> None:
    with pytest.raises(InvalidTemplate) as caught:
        render("{{ secret | int(default=none) + 1 }}", {"secret": "swordfish"})

    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize(
    ("template", "needed"),
    [
        ("{{ goal }} {{ gaol }}", ("gaol", "goal")),
        ("{% for a in names %}{{ a }}{{ b.c }}{% endfor %}", ("b", "names")),
        ("{% if x is defined %}{{ x }}{% endif %}{{ y | default('') }}{{ z.a | d('') }}", ()),
        ("{% set a = 1 %}{{ a }}{{ range(2) }}", ()),
    ],
)
def test_needed_variables_are_found(template: str, needed: tuple[str, ...]) -> None:
    assert tuple(names_in(template).needed) == needed
