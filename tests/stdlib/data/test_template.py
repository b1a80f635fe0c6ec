"""The module template: what it makes, and templates that want more than they may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import moonwit
from moonwit.lua.values import buffer
from moonwit.stdlib.apart.pool import Pool
from moonwit.stdlib.apart.process import Process
from tests import projects

INDEX = """
  - name: render
    kind: function.lua
    modules: [template]
    source: return function(...) return template.render(...) end
  - name: slow
    kind: function.lua
    modules: [template]
    limits: {max_execution_ms: 500}
    source: return function(...) return template.render(...) end
  - name: set
    kind: function.lua
    modules: [template]
    source: |
      return function(templates, name, values)
        local set = template.set(templates)
        local text, problem = set:render(name, values)
        set:release()
        assert(select(2, set:render(name)):message() == 'set:render: the set is released')
        return text, problem
      end
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    folder: Path = tmp_path_factory.mktemp("project")
    projects.write(folder, INDEX)
    with moonwit.open(folder) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "values", "options", "result"),
    [
        ("Hello {{ name }}!\n", {"name": "<b>"}, {}, "Hello &lt;b&gt;!\n"),
        ("{{ name }}", {"name": "<b>"}, {"escape": False}, "<b>"),
        ("{% for x in list %}{{ loop.index }}={{ x.n }};{% endfor %}", {"list": [{"n": 1}, {"n": 1.5}]}, {}, "1=1;2=1.5;"),
        ("{{ a }}|{{ b }}|{{ c }}|{{ b.e }}", {"a": True, "b": False}, {}, "true|false||"),
        ("{% include 'part' %}", {"x": 1}, {"templates": {"part": "<{{ x }}>"}}, "<1>"),
        ("plain", None, None, "plain"),
    ],
)
def test_what_is_made(project: moonwit.Project, text: str, values: Any, options: Any, result: str) -> None:
    """Values are escaped unless told; what is not there is nothing; true and false are Lua's."""
    assert project.call("t:render", text, values, options) == result


def test_sets(project: moonwit.Project) -> None:
    """Templates extend each other."""
    templates = {"layout": "<{% block body %}{% endblock %}>", "page": "{% extends 'layout' %}{% block body %}{{ x }}{% endblock %}"}
    assert project.call("t:set", templates, "page", {"x": 1}) == "<1>"
    with pytest.raises(moonwit.CallError, match=r"template\.render: there is no template 'other'") as problem:
        project.call("t:set", templates, "other")
    assert problem.value.kind == "NotFound"


@pytest.mark.parametrize(
    ("text", "options", "kind", "message"),
    [
        ("a\n{% if %}", {}, "Invalid", "template 'template', line 2: Expected an expression, got 'end of statement block'"),
        ("a\n{{ x.y.z }}", {}, "Internal", "template 'template', line 2: 'x' is undefined"),
        ("{{ x }}", {"strict": True}, "Internal", "template 'template', line 1: 'x' is undefined"),
        ("{{ 1 / 0 }}", {}, "Internal", "template 'template', line 1: division by zero"),
        ("{% include 'no' %}", {}, "NotFound", "there is no template 'no'"),
        ("{{ 9 ** 99999 }}", {}, "Internal", "template 'template', line 1: the power is too large a number"),
        (
            "{{ range(10 ** 9) }}",
            {},
            "Internal",
            "template 'template', line 1: Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).",
        ),
        ("{% for a in range(99999) %}{{ 'x' * 1000 }}{% endfor %}", {}, "Invalid", "the result has more than 16777216 characters"),
        ("{{ 'x' * 10 ** 12 }}", {}, "Invalid", "it takes more memory than it may"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", {}, "Invalid", "the value is nested too deep"),
        ("{% include 'template' %}", {}, "Invalid", "the value is nested too deep"),
    ],
)
def test_what_is_wrong_is_told(project: moonwit.Project, text: str, options: Any, kind: str, message: str) -> None:
    """Mistakes name template and line; what takes too much is refused."""
    with pytest.raises(moonwit.CallError) as problem:
        project.call("t:render", text, {}, options)
    assert (problem.value.kind, problem.value.message) == (kind, f"template.render: {message}")


def test_deep_templates_are_refused(project: moonwit.Project) -> None:
    """However deep, there is an error value, and the next template is rendered."""
    for text in ("{{ " + "(" * 100_000, "{% if 1 %}" * 50_000, "{{ " + "-" * 100_000 + "1 }}", "{{ x" + ".a" * 100_000 + " }}"):
        with pytest.raises(moonwit.CallError) as problem:
            project.call("t:render", text)
        assert problem.value.kind in ("Invalid", "Internal", "Unavailable")
    assert project.call("t:render", "{{ 1 + 1 }}") == "2"
    with pytest.raises(moonwit.CallError, match="4194305"):
        project.call("t:render", "x" * (4 * 1024 * 1024 + 1))


ESCAPES = [
    "{{ ''.__class__.__mro__ }}", "{{ self.__init__.__globals__ }}", "{{ x.__class__ }}", "{{ '{0.__class__}'.format(x) }}",
    "{{ range.__globals__ }}", "{{ x|attr('__class__') }}", "{{ cycler.__init__.__globals__.os }}", "{{ lipsum.__globals__ }}",
    "{% set x.a = 1 %}", "{{ x.update({'a': 1}) }}", "{{ ''|map(attribute='__class__')|list }}", "{{ joiner.__init__.__globals__ }}",
]  # fmt: skip


@pytest.mark.parametrize("text", ESCAPES)
def test_the_sandbox_holds(project: moonwit.Project, text: str) -> None:
    """What leads to Python's insides gives nothing or an error, and values can't be changed."""
    try:
        found = project.call("t:render", text, {"x": {"b": 1}}, {"escape": False})
    except moonwit.CallError as problem:
        assert problem.kind in ("Internal", "Invalid")
    else:
        assert found in ("", "[]"), found


def test_a_template_without_end_ends_at_the_limit(project: moonwit.Project) -> None:
    """The caller's limit counts, and a bound of its own where there is none."""
    text = "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}"
    with pytest.raises(moonwit.CallError) as problem:
        project.call("t:slow", text)
    assert problem.value.kind == "Timeout"
    assert project.call("t:render", "next") == "next"
    pool = Pool(1, lambda: Process(memory=200 * 1024 * 1024))
    text = "{% set l = namespace(x=['a']) %}{% for i in range(99) %}{% set l.x = l.x + l.x %}{% endfor %}"
    arguments = buffer.encode_all([{b"t": text.encode()}, b"t", {}, True, False])
    assert buffer.decode_all(pool.perform(b"template.render", arguments, None))[2] == b"template.render: it takes more memory than it may"
    pool.close()
