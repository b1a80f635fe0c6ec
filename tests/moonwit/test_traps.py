"""Traps of guests, as whoever calls them is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import moonwit
from tests import projects
from tests.oracle.function import oracle_of, outcome
from tests.projects import entry, failure, opened
from tests.texts import texts

_, wat = texts(__file__)

GUEST = wat("guest")
NAMES = ("unreachable", "divide", "overflow", "load", "recurse", "call-none", "call-far", "convert", "spin")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    """A project with each function."""
    folder: Path = tmp_path_factory.mktemp("traps")
    lifts = "\n".join(f'  (func (export "{name}") (canon lift (core func $i "{name}")))' for name in NAMES)
    (folder / "guest.wat").write_text(GUEST % lifts)
    entries = "\n".join(
        f"  - {{name: {name}, kind: function.wat, source: 'file://guest.wat', method: {name}, limits: {{max_execution_ms: 300}}}}"
        for name in NAMES
    )
    projects.write(folder, entries)
    with moonwit.open(folder) as opened:
        assert opened.registry is not None
        assert opened.registry.problems == []
        yield opened


@pytest.mark.parametrize("name", NAMES)
def test_a_trap_is_told_in_the_words_of_wasmtime(host: moonwit.Project, name: str) -> None:
    """Kind and message of a call that traps are what the oracle has; the message begins with the function's name."""
    error = failure(host.call, f"t:{name}")
    assert error.message.startswith(f"{name}: ")
    if name == "spin":
        assert error.kind == "Timeout"
    else:
        function = host.entries.loaded(host.registry.entries[f"t:{name}"])
        assert ("error", error.kind, error.message, None) == outcome(oracle_of(function))


def test_a_function_that_is_imported_without_an_interface_is_named(tmp_path: Path) -> None:
    """A call of a function that a component imports by itself names it."""
    source = wat("a_function_that_is_imported_without_an_interface_is_named")
    with opened(tmp_path, entry("it", source=source, method="go")) as project:
        error = failure(project.call, "t:it")
        assert error.kind == "PermissionDenied"
        assert error.message.startswith("the function t:it calls log-it, which nothing provides: ")


TEXT = "std::__2::basic_string<char, std::__2::char_traits<char>, std::__2::allocator<char>>"
LONG = f"std::__2::map<{'std::__2::vector<double, std::__2::allocator<double>>, ' * 5}x>::at(int)"
# As the name section of a binary has them, from the inside out, and as a backtrace shows them.
SYMBOLS = {
    f"std::__2::map<{TEXT}, {TEXT} >::at({TEXT} const&)": "std::map<std::string, std::string >::at(std::string const&)",
    LONG: "std::map<...>::at(int)",
    "_ZN3foo3barEi": "foo::bar(int)",
    "_ZN4core9panicking9panic_fmt17h0123456789abcdefE": "core::panicking::panic_fmt",
    "_Znot_mangled": "_Znot_mangled",
    "main": "main",
    "y" * 500: "y" * 120 + "...",
    "<" * 100_000: "<" * 120 + "...",
}


def test_names_of_other_languages_are_readable(moonwit, tmp_path):
    """A backtrace has names of C++ and Rust as their authors wrote them, of functions and of programs."""
    names, functions = list(SYMBOLS), []
    for number, name in enumerate(names):
        body = f'call $"{names[number - 1]}"' if number else "unreachable"
        functions.append(f'(func $"{name}" {body})')
    core = f'(module {" ".join(functions)} (func (export "_start") call $"{names[-1]}") (func (export "go") call $"{names[-1]}"))'
    component = f"""(component (core {core.replace("(module", "(module $m", 1)[1:]} (core instance $i (instantiate $m))
      (func (export "go") (canon lift (core func $i "go"))))"""
    (tmp_path / "core.wat").write_text(core)
    (tmp_path / "component.wat").write_text(component)
    projects.write(tmp_path, "  - {name: it, kind: function.wat, source: file://component.wat, method: go}\n")
    for command in (("call", "t:it"), ("run", "core.wat")):
        lines = [line.partition("in guest ")[2].partition(" at 0x")[0] for line in moonwit(*command).stderr.splitlines()]
        assert [line for line in lines if line][: len(SYMBOLS)] == list(SYMBOLS.values()), command
