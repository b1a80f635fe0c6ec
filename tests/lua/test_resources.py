"""Resource handles as a script sees them, on both call paths, with a guest compiled from Rust or C."""

import hashlib
from pathlib import Path

import pytest

import moonwit

GUEST = Path(__file__).parents[2] / "examples" / "resources" / "wasm" / "library.wasm"
METHODS = {
    "new": "search#[constructor]text-index",
    "from_texts": "search#[static]text-index.from-texts",
    "absorb": "search#[method]text-index.absorb",
}


@pytest.fixture(params=["direct", "compatible"])
def project(request, tmp_path):
    """A project whose entries call the guest of examples/resources on one of the two paths."""
    digest = hashlib.sha256(GUEST.read_bytes()).hexdigest()
    lines = ['version: "1.0"', "namespace: r", "entries:", f'  - {{name: wasm, kind: fs.directory, directory: "{GUEST.parent}"}}']
    for name, method in METHODS.items():
        lines.append(f'  - {{name: {name}, kind: function.wasm, fs: wasm, path: /library.wasm, hash: "sha256:{digest}",')
        lines.append(f'     method: "{method}", engine: {request.param}}}')
    (tmp_path / "_index.yaml").write_text("\n".join(lines) + "\n")
    with moonwit.open(tmp_path) as project:
        assert project.registry.problems == []
        yield project


def test_methods_run_by_name(project):
    """A handle's methods are called by name, with `_` for `-`; lists of handles come back as handles."""
    project.run_script("""
        local books = assert(funcs.call("r:new", "books"))
        books:add("a", "the quick fox") books:add("b", "the slow the dog")
        assert(books:name() == "books")
        local hits = books:find("the")
        assert(#hits == 2 and hits[1].title == "b" and hits[1].count == 2)
        assert(table.concat(books:shared_words(books:split()[1]), " ") == "fox quick the")
        assert(books.nothing_of_that_name == nil)
    """)


def test_a_handle_that_is_given_away_ends(project):
    """An `own` argument ends the script's handle: using it again is an error, not a crash."""
    project.run_script("""
        local books = assert(funcs.call("r:new", "books"))
        books:add("a", "one") books:add("b", "two")
        local parts = books:split()
        assert(books:absorb(parts[1]) == 3)
        local ok, value, err = pcall(function() return parts[1]:name() end)
        local sentence = tostring(value) .. tostring(err)
        assert(not (ok and value) and (sentence:find "given" or sentence:find "handed"), sentence)
        local done, problem = books:absorb(parts[1])
        assert(done == nil and problem:kind() == "Invalid", tostring(problem))
    """)


def test_drop_ends_a_handle(project):
    """`handle:drop()` ends the resource; dropping twice raises a sentence."""
    project.run_script("""
        local books = assert(funcs.call("r:new", "books"))
        books:drop()
        local ok, problem = pcall(books.drop, books)
        assert(not ok and problem:find "dropped", problem)
        assert(tostring(books):find "gone")
    """)


@pytest.mark.parametrize("value", ["5", "'x'", "{}", "print", "1LL", "wit.none", "errors.new('x')"])
def test_nothing_else_is_a_handle(project, value):
    """What is not a handle is refused with a sentence that names the resource."""
    project.run_script(f"""
        local books = assert(funcs.call("r:new", "books"))
        local done, problem = books:shared_words({value})
        assert(done == nil and problem:kind() == "Invalid", tostring(problem))
        assert(problem:message():find "handle" and problem:message():find "text%-index", problem:message())
        assert(books:name() == "books")
    """)


def test_a_handle_does_not_leave_lua(project):
    """JSON and Python get a sentence instead of a handle that would not work there."""
    with pytest.raises(moonwit.CallError, match="handle"):
        project.call("r:new", "books")
    project.run_script("""
        local text, problem = json.encode(assert(funcs.call("r:new", "books")))
        assert(text == nil and problem ~= nil)
    """)


NAMES = ("drop", "end", "number", "rep", "new-one")
BOX = r"""(component
  (core module $m
    (func (export "new") (param i32) (result i32) local.get 0)
    (func (export "get") (param i32) (result i32) (i32.add (local.get 0) (i32.const 100)))
    (func (export "dtor") (param i32)))
  (core instance $i (instantiate $m))
  (type $r (resource (rep i32) (dtor (core func $i "dtor"))))
  (core func $rnew (canon resource.new $r))
  (core module $w (import "r" "new" (func $n (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $n (local.get 0))))
  (core instance $wi (instantiate $w (with "r" (instance (export "new" (func $rnew))))))
  (func $make (param "x" u32) (result (own $r)) (canon lift (core func $wi "make")))
  (func $get (param "self" (borrow $r)) (result u32) (canon lift (core func $i "get")))
  (component $shape
    (import "r" (type $r (sub resource)))
    (import "make" (func $make (param "x" u32) (result (own $r))))
    (import "get" (func $g (param "self" (borrow $r)) (result u32)))
    (export $re "box" (type $r))
    (export "[constructor]box" (func $make) (func (param "x" u32) (result (own $re))))
    METHODS)
  (instance $s (instantiate $shape (with "r" (type $r)) (with "make" (func $make)) (with "get" (func $get))))
  (export "x:y/boxes" (instance $s)))""".replace(
    "METHODS", "\n".join(f'(export "[method]box.{name}" (func $g) (func (param "self" (borrow $re)) (result u32)))' for name in NAMES)
)


@pytest.mark.parametrize("engine", ["direct", "compatible"])
def test_methods_may_have_any_name(tmp_path, engine):
    """A guest's methods are callable whatever they are called; where one is `drop`, wit.drop ends the resource."""
    (tmp_path / "box.wat").write_text(BOX)
    (tmp_path / "_index.yaml").write_text(
        'version: "1.0"\nnamespace: r\nentries:\n  - {name: box, kind: function.wat, source: file://box.wat, '
        f'method: "boxes#[constructor]box", engine: {engine}}}\n'
    )
    with moonwit.open(tmp_path) as project:
        project.run_script(
            "for _, name in ipairs{"
            + ", ".join(f'"{name}"' for name in NAMES)
            + """} do
            local box = assert(funcs.call("r:box", 5))
            for _, spelled in ipairs{name, (name:gsub("-", "_"))} do
                assert(box[spelled](box) == 105, spelled)
            end
            wit.drop(box)
            local ok, problem = pcall(function() return box[name](box) end)
            assert(not ok and tostring(problem):find "was dropped", tostring(problem))
            assert(not pcall(wit.drop, box))
        end
        local ok, problem = pcall(wit.drop, 7)
        assert(not ok and problem:find "expected a resource handle, got number", problem)"""
        )
