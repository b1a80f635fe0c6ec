"""`moonwit check` compares what a binary imports with what its entry grants."""

import pytest

HEAD = """version: '1.0'
namespace: demo
entries:
  - name: here
    kind: fs.directory
    directory: .
"""

CLOCK = """  - name: ticks
    kind: function.wat
    source: |
      (component
        (import "wasi:io/streams@0.2.0" (instance (export "input-stream" (type (sub resource)))))
        (import "wasi:cli/exit@0.2.0" (instance (export "exit" (func (param "status" (result))))))
        (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock (export "now" (func (result u64)))))
        (import "wasi:random/random@0.2.3" (instance $random (export "get-random-u64" (func (result u64)))))
        (core func $now (canon lower (func $clock "now")))
        (core module $m (import "c" "now" (func (result i64))) (export "now" (func 0)))
        (core instance $i (instantiate $m (with "c" (instance (export "now" (func $now))))))
        (func (export "ticks") (result u64) (canon lift (core func $i "now"))))
    method: ticks
"""

PLAIN = "  - {name: one, kind: function.wat, source: '(module (func (export \"one\")))', method: one, imports: [IMPORTS]}\n"


@pytest.fixture
def check(moonwit, write):
    """Checks a project made of the text of its entries; gives what it says about their grants."""

    def run(entries):
        write("_index.yaml", HEAD + entries)
        return moonwit("check")

    return run


def test_what_is_imported_and_not_granted_is_noted(check):
    """A component that imports more than its entry grants is noted once, with what to add; the usual imports are not mentioned."""
    result = check(CLOCK)
    assert (
        "note: the component imports `wasi:clocks/monotonic-clock` and `wasi:random/random`, which the entry does not grant: "
        "a call of them fails\n"
    ) in result.stderr
    assert "hint: if the code uses them, add `wasi:clocks` and `wasi:random` to `imports`\n" in result.stderr
    assert result.stderr.count("note:") == 1
    assert (result.stdout, result.returncode) == ("2 entries, no problems, 1 note\n", 0)


def test_a_note_stands_where_the_grants_do(check):
    """With ``imports`` the note points at it, and names what is missing still."""
    result = check(CLOCK + "    imports: [wasi:clocks/monotonic-clock@0.2.0]\n")
    assert "_index.yaml:20:14: note: the component imports `wasi:random/random`, which the entry does not grant: a call of it fails\n" in (
        result.stderr
    )


def test_all_that_is_imported_is_granted(check):
    """An entry that grants what its component imports has no notes, streams granted along included."""
    result = check(CLOCK + "    imports: [wasi:clocks, wasi:random, wasi:io, wasi:cli]\n")
    assert (result.stderr, result.stdout) == ("", "2 entries, no problems\n")


@pytest.mark.parametrize("name", ["wasi:sockets", "wasi:filesystem/preopens@0.2.3", "funcs", "wasi1", "wasi:clocks/wall-clock"])
def test_a_grant_for_nothing_is_noted(check, name):
    """Granting what the component does not import is noted at that very grant."""
    result = check(CLOCK + f"    imports: [wasi:clocks/monotonic-clock, wasi:random, {name}]\n")
    assert f"_index.yaml:20:57: note: the entry grants `{name}`, and the component imports nothing of it\n" in result.stderr
    assert (result.stderr.count("note:"), result.returncode) == (1, 0)


def test_notes_on_core_modules(check):
    """A core module can be granted WASI 0.1 alone."""
    result = check(PLAIN.replace("IMPORTS", "wasi:cli, wasi1"))
    assert "note: the entry grants `wasi:cli`, and the module imports nothing of it\n" in result.stderr
    assert "note: the entry grants `wasi1`, and the module imports nothing of it\n" in result.stderr


def test_what_no_guest_can_see_is_a_warning(check):
    """A field of ``wasi`` whose interface is not granted has no effect, and that is said at the field."""
    wasi = "    wasi: {args: [a], cwd: /, mounts: [{fs: here, guest: /x}]}\n"
    result = check(CLOCK + "    imports: [wasi:clocks, wasi:random]\n" + wasi)
    assert "_index.yaml:21:12: warning: `wasi.args` has no effect: the entry does not grant wasi:cli\n" in result.stderr
    assert "_index.yaml:21:23: warning: `wasi.cwd` has no effect: the entry does not grant wasi:cli\n" in result.stderr
    assert "_index.yaml:21:31: warning: `wasi.mounts` has no effect: the entry does not grant wasi:filesystem\n" in result.stderr
    assert (result.stdout, result.returncode) == ("3 warnings in 1 file\n", 0)


SOCKETS = CLOCK.replace("wasi:random/random", "wasi:sockets/instance-network").replace("get-random-u64", "instance-network")


def test_sockets_without_an_address_are_noted(check):
    """Sockets that reach nothing are noted at their grant, with the line to write; with addresses they are not."""
    imports = "    imports: [wasi:clocks, wasi:sockets]\n"
    for wasi in ("", "    wasi: {network: {connect: [], listen: []}}\n"):
        result = check(SOCKETS + imports + wasi)
        said = "the entry grants `wasi:sockets`, and `wasi.network` names no address: its sockets reach nothing"
        assert f"_index.yaml:20:28: note: {said}\n" in result.stderr
        assert 'write what they may reach: `wasi: {network: {connect: ["api.example.org:443"], listen: []}}`\n' in result.stderr
    assert "names no address" not in check(SOCKETS + imports + '    wasi: {network: {listen: ["127.0.0.1:0"]}}\n').stderr


def test_addresses_without_sockets_are_a_warning(check):
    """Addresses for a guest that is granted no sockets have no effect, and that is said at the field."""
    result = check(CLOCK + '    imports: [wasi:clocks, wasi:random]\n    wasi: {network: {connect: ["*:443"]}}\n')
    assert "_index.yaml:21:12: warning: `wasi.network` has no effect: the entry does not grant wasi:sockets\n" in result.stderr
