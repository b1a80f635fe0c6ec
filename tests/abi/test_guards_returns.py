"""What happens after a result is taken: post-return is called, with what the guest returned."""

from __future__ import annotations

import pytest

from tests.abi.hostile import Opened, guest
from tests.texts import texts

lua, wat = texts(__file__)


@pytest.mark.parametrize("fresh", [False, True])
def test_post_return_gets_what_the_guest_returned(opened: Opened, fresh: bool) -> None:
    """The flat result, or the pointer to it; it is called once after each call, and its trap is the call's error."""
    core = wat("post_return_gets_what_the_guest_returned")
    post = '(memory (core memory $i "memory")) (post-return (core func $i "post"))'
    lifts = f"""(func (export "flat") (param "n" u32) (result u32) (canon lift (core func $i "flat") {post}))
     (func (export "pair") (param "n" u32) (result (tuple u32 u32)) (canon lift (core func $i "pair") {post}))"""
    fields = f"kind: function.wat, source: file://guest.wat{', pool: {type: inline}' if fresh else ''}"
    state = opened([f"name: {name}, {fields}, method: {name}" for name in ("flat", "pair")], {"guest.wat": guest(core, lifts)})
    call = state.run(lua("post_return_gets_what_the_guest_returned"))
    assert call(b"t:flat", 5) == b"15"
    assert call(b"t:flat", 0) == (b"0" if fresh else b"10015")
    assert [call(b"t:pair", at) for at in (512, 1024, 16)] == ([b"0 0"] * 3 if fresh else [b"0 0", b"512 1", b"1024 2"])
    for id, n in ((b"t:flat", 332), (b"t:pair", 996)):
        assert b"unreachable" in call(id, n)
        assert call(id, 4) == (b"12" if id == b"t:flat" else b"0 0")
