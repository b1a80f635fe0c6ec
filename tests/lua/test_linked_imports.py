"""Components that answer the imports of others: linked by type, with instances of their own, and what does not fit is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import moonwit
from tests.abi.composed import ALLOCATING, COUNTERS, HOLDER
from tests.projects import write
from tests.texts import texts

_, read_wat = texts(__file__)

PRICES = read_wat("prices", ALLOCATING=ALLOCATING).replace(" (instance $prices\n", read_wat("prices_2"))
SHOP = read_wat("shop", ALLOCATING=ALLOCATING)
INLINE = "pool: {type: inline}"


def wat(name: str, text: str, method: str, more: str = INLINE) -> str:
    """An entry with the text of a component."""
    return f"  - {{name: {name}, kind: function.wat, source: {json.dumps(text)}, method: {json.dumps(method)}, {more}}}\n"


@contextmanager
def opened(folder: Path, entries: str) -> Iterator[moonwit.Project]:
    with moonwit.open(write(folder, entries, namespace="shop")) as project:
        yield project


def problems(folder: Path, entries: str) -> list[str]:
    """What loading every function complains about."""
    from moonwit.host.functions.loading import check_functions

    with opened(folder, entries) as project:
        assert project.registry is not None
        check_functions(project.registry)
        return [problem.sentence for problem in project.registry.problems]


MAPPED = "imports: [{'acme:shop/prices': prices}]"
PROVIDER = wat("prices", PRICES, "acme:shop/prices@1.0.0#told", "imports: [wasi:cli]")


def test_a_component_answers_an_interface(tmp_path: Path) -> None:
    """Strings are passed from one to the other; each instance of the importer has one of the provider, which keeps what it counts."""
    entries = PROVIDER + wat("total", SHOP, "total", f"{MAPPED}, pool: {{type: static, workers: 1, size: 1}}") + wat(
        "fresh", SHOP, "total", f"{MAPPED}, {INLINE}"
    )
    with opened(tmp_path, entries) as project:
        once = (1000 + 6 + ord("A")) + (2000 + 1 + ord("A"))
        assert [project.call("shop:total") for _ in range(3)] == [once, once + 4000, once + 8000]
        assert [project.call("shop:fresh") for _ in range(2)] == [once, once]


TELLING = "imports: [{more}{{'acme:shop/prices': prices}}], wasi: {{args: [a, b]}}"


def test_a_provider_sees_what_its_own_entry_grants(tmp_path: Path) -> None:
    """The provider sees the importer's arguments where its own entry grants it `wasi:cli`."""
    with opened(tmp_path, PROVIDER + wat("told", SHOP, "told", TELLING.format(more=""))) as project:
        assert project.call("shop:told") == 2


def test_the_importers_grants_are_not_the_providers(tmp_path: Path) -> None:
    """What only the importer is granted the provider can't call, and the sentence names the entry that lacks the line."""
    ungranted = wat("prices", PRICES, "acme:shop/prices@1.0.0#told")
    importer = wat("told", SHOP, "told", TELLING.format(more="wasi:cli, "))
    with opened(tmp_path, ungranted + importer) as project, pytest.raises(moonwit.CallError) as caught:
        project.call("shop:told")
    assert str(caught.value) == (
        "shop:prices, which answers imports of the function shop:told, uses wasi:cli/environment, which its entry does not import "
        "(it called get-arguments): add wasi:cli to the imports of shop:prices, as in `imports: [wasi:cli]`"
    )


def test_resources_cross_from_a_provider(tmp_path: Path) -> None:
    """What the provider makes the importer holds by handles of its own, and its drop runs the provider's destructor."""
    provider = f"(component {COUNTERS} (instance $c (instantiate $counters)) (export \"counters\" (instance $c)))"
    holder = HOLDER.replace("(component $holder", "(component", 1)
    entries = wat("counters", provider, "counters#dropped") + "".join(
        wat(name, holder, name, "imports: [{counters: counters}]") for name in ("index", "kept", "end")
    )
    with opened(tmp_path, entries) as project:
        assert [project.call("shop:index", value) for value in (7, 8)] == [1, 2]
        assert project.call("shop:kept") == 8
        project.call("shop:end")
        with pytest.raises(moonwit.CallError, match="unknown handle index"):
            project.call("shop:kept")


OTHER = PRICES.replace('(param "article" string) (result u32)', '(param "article" string) (result s32)')
LESS = PRICES.replace(' (export "told" (func $told))', "")


@pytest.mark.parametrize(
    ("provider", "sentence"),
    [
        (
            wat("prices", OTHER, "acme:shop/prices@1.0.0#told"),
            "`price` of `acme:shop/prices` is imported as `func(article: string) -> u32`, and `shop:prices` has "
            "`func(article: string) -> s32`",
        ),
        (wat("prices", LESS, "acme:shop/prices@1.0.0#price"), "`shop:prices` has no `told` in `acme:shop/prices`"),
        (
            wat("prices", "(component (core module $m (func (export \"f\"))) (core instance $i (instantiate $m)) "
                "(func (export \"f\") (canon lift (core func $i \"f\"))))", "f"),
            "`shop:prices` does not export `acme:shop/prices`, no interface at all",
        ),
        (
            wat("prices", '(module (func (export "f")))', "f"),
            "`shop:prices` is a core module, and only a component exports interfaces",
        ),
        (
            wat("prices", PRICES, "acme:shop/prices@1.0.0#told", "imports: [wasi:cli], wasi: {args: [x]}"),
            "`shop:prices` has `wasi` of its own, and what answers an import sees the arguments and files of the importer",
        ),
    ],
    ids=["type", "lacking", "interface", "module", "wasi"],
)
def test_a_provider_that_does_not_fit_is_a_problem(provider: str, sentence: str, tmp_path: Path) -> None:
    """The sentence shows both sides, and stands at the item of `imports:`."""
    assert problems(tmp_path, provider + wat("total", SHOP, "total", MAPPED)) == [sentence]


def test_a_ring_of_components_is_a_problem(tmp_path: Path) -> None:
    """Components that answer each other's imports can't be made; the ring is named."""
    names = {"a": ("x:y/one", "x:y/two"), "b": ("x:y/two", "x:y/one")}
    text = """(component (import "{0}" (instance (export "f" (func))))
     (core module $m (func (export "f"))) (core instance $i (instantiate $m)) (func $f (canon lift (core func $i "f")))
     (instance $out (export "f" (func $f))) (export "{1}" (instance $out)))"""
    entries = "".join(
        wat(name, text.format(*both), f"{both[1]}#f", f"imports: [{{'{both[0]}': {'b' if name == 'a' else 'a'}}}]")
        for name, both in names.items()
    )
    found = problems(tmp_path, entries)
    assert found[0] == "components can't answer each other's imports: shop:a -> shop:b -> shop:a"


def relay(wanted: str, given: str, add: int) -> str:
    """A component that answers `f` of one interface by what it imports as another, and adds something."""
    return read_wat("relay", WANTED=wanted, ADD=add, GIVEN=given)


def test_providers_are_answered_in_turn(tmp_path: Path) -> None:
    """A component answers one that answers another; the last one's import is answered by a library in Lua, which may wait."""
    library = json.dumps("local time = require 'time' return { f = function(x) time.sleep('1ms') return 2 * x end }")
    entries = (
        wat("one", relay("x:y/two", "x:y/one", 1), "x:y/one#f", "imports: [{'x:y/two': two}], pool: {type: static, workers: 1, size: 1}")
        + wat("two", relay("x:y/three", "x:y/two", 10), "x:y/two#f", "imports: [{'x:y/three': three}]")
        + wat("three", relay("x:y/lua", "x:y/three", 100), "x:y/three#f", "imports: [{'x:y/lua': lib}]")
        + f"  - {{name: lib, kind: library.lua, modules: [time], source: {library}}}\n"
    )
    with opened(tmp_path, entries) as project:
        assert [project.call("shop:one", value) for value in (1, 2, 3)] == [113, 115, 117]
        assert project.call("shop:three", 1) == 102
