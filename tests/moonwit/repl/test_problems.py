"""What a session says of a project's problems: in its banner, after it has looked at binaries and scripts, and by `:reload`."""

BROKEN = r"""
version: "1.0"
namespace: demo
entries:
  - {name: good, kind: function.wat, source: (module (func (export "good") (result i32) i32.const 7)), method: good}
  - {name: field, kind: function.wat, sorce: x, source: (module (func (export "f"))), method: f}
  - {name: method, kind: function.wat, source: (module (func (export "f"))), method: missing}
  - {name: lua, kind: function.lua, source: "return funtion() end"}
  - {name: code, kind: function.wat, source: (module (func (export "f") i32.add)), method: f}
"""


def test_the_banner_tells(start, tmp_path):
    """Problems of the registry stand in the banner; those of methods, scripts and code follow, and the session goes on meanwhile."""
    (tmp_path / "_index.yaml").write_text(BROKEN, encoding="utf-8")
    repl = start(cwd=tmp_path)
    shown = repl.until("[1]>")
    assert shown.count("has no field `sorce`") == 1
    assert "\n7\n" in repl.enter("(funcs.call('demo:good'))")
    shown = repl.until("i32.add")
    for sentence in ("there is no function `missing`", "the Lua source is not valid", "has no field `sorce`"):
        assert shown.count(sentence) == 1


def test_reload_tells(start, tmp_path):
    """`:reload` tells of what has become wrong since, once."""
    good = BROKEN.split("  - {name: field")[0]
    (tmp_path / "_index.yaml").write_text(good, encoding="utf-8")
    repl = start(cwd=tmp_path)
    repl.until("[1]>")
    (tmp_path / "_index.yaml").write_text(good + BROKEN[BROKEN.index("  - {name: method") :], encoding="utf-8")
    repl.enter(":reload")
    assert repl.until("the Lua source is not valid").count("there is no function `missing`") == 1


def test_many_problems_are_counted(start, tmp_path):
    """Of many problems the first are shown, with how many more there are."""
    entries = "".join(f"  - {{name: e{i}, kind: function.wat, sorce: x}}\n" for i in range(40))
    (tmp_path / "_index.yaml").write_text(f'version: "1.0"\nnamespace: demo\nentries:\n{entries}', encoding="utf-8")
    repl = start(cwd=tmp_path, lines=120)
    assert "more; moonwit check prints all" in repl.until("[1]>")
