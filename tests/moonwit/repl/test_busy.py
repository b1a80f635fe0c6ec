"""What computes in the background: Ctrl-C at the prompt and `:stop` end it, and an input that waits for it says so."""

import pytest

BUSY = "coroutine.spawn(function() time.sleep('20ms') print('it', 'begins') time.sleep('1ms') while true do end end)"


def test_an_input_says_what_it_waits_for(repl):
    """An input that can't begin because of what an earlier one has left running names that one, by the number of its prompt, and
    Ctrl-C ends it."""
    repl.enter(":keys emacs")
    repl.enter(f"{BUSY} and nil")
    repl.until("it      begins")
    repl.send("time.sleep('30ms') print(6 * 7)\r")
    repl.until("waits for what [2] left running; Ctrl-C ends it")
    repl.send("\x03")
    repl.prompt(4)
    assert "ended what [2] had left running" in repl.text
    assert "\n43\n" in repl.enter("6 * 7 + 1")


@pytest.mark.parametrize("stop", ["\x03", ":stop\r"])
def test_the_prompt_ends_what_is_busy(repl, stop):
    """Ctrl-C at the prompt, and `:stop`, end what computes in the background."""
    repl.enter(f"{BUSY} and nil")
    repl.until("it      begins")
    repl.read(0.2)
    repl.send(stop)
    repl.until("ended what [1] had left running")
    number = 3 if stop.startswith(":") else 2
    repl.prompt(number)
    assert "\n43\n" in repl.enter("6 * 7 + 1")


def test_ctrl_c_at_the_prompt_spares_what_waits(repl):
    """Ctrl-C at the prompt ends what holds up the session and nothing else: what lets others run goes on."""
    repl.enter("n = 0 coroutine.spawn(function() while true do time.sleep('10ms') n = n + 1 end end)")
    repl.send("garbage(")
    repl.until("garbage(")
    repl.send("\x03")
    repl.until(lambda text: "garbage" not in text)
    repl.enter("m = n time.sleep('200ms')")
    assert "\ntrue\n" in repl.enter("n > m")
    assert "ended" not in repl.text


def test_the_session_goes_on_beside_a_busy_guest(repl):
    """While a guest computes by `funcs.async`, inputs run at once and what is in the background goes on; it can be canceled."""
    repl.enter("n = 0 coroutine.spawn(function() while true do time.sleep('10ms') n = n + 1 end end)")
    repl.enter("busy = funcs.async('demo:spin')")
    assert "\n43\n" in repl.enter("6 * 7 + 1")
    repl.enter("m = n time.sleep('200ms')")
    assert "\ntrue\n" in repl.enter("n > m")
    assert "\nfalse, true\n" in repl.enter("busy:is_complete(), busy:cancel()")
    assert "waits for" not in repl.text


def test_ctrl_c_ends_an_input_that_waits_for_a_busy_guest(repl):
    """Ctrl-C ends an input that is in an endless guest; other guests and the session go on."""
    repl.enter("beside = funcs.async('demo:spin')")
    for number in (2, 3):
        repl.send(f"print('it begins', {number}) funcs.call('demo:spin')\r")
        repl.until(f"it begins       {number}")
        repl.send("\x03")
        repl.prompt(number + 1)
        assert repl.text.count("interrupted") == number - 1
    assert "\n43\n" in repl.enter("6 * 7 + 1")
    assert "does not stop" not in repl.text


def test_a_value_in_passing_has_no_pager(start, tmp_path):
    """A value that is longer than the screen is written as it is; a pager comes only for what was asked for."""
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ntouch {tmp_path}/paged\ncat > /dev/null\n", encoding="utf-8")
    pager.chmod(0o755)
    repl = start(PAGER=str(pager), lines=12)
    repl.until("[1]>")
    repl.enter("t = {} for i = 1, 40 do t[i] = ('a long text to fill a line of its own '):rep(2) end")
    repl.enter("t")
    assert not (tmp_path / "paged").exists()
    repl.enter(":show t")
    assert (tmp_path / "paged").exists()


def test_a_pager_leaves_what_was_typed(start, tmp_path):
    """What was typed before a pager could open is for the prompt: the text is written without a pager then."""
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ntouch {tmp_path}/paged\ncat > /dev/null\nhead -c 20 < /dev/tty > {tmp_path}/eaten\n", encoding="utf-8")
    pager.chmod(0o755)
    repl = start(PAGER=str(pager), lines=12)
    repl.until("[1]>")
    repl.enter("t = {} for i = 1, 40 do t[i] = ('a long text to fill a line of its own '):rep(2) end")
    repl.send("time.sleep('300ms')\r:show t\r6 * 7\r")
    repl.prompt(5)
    assert "\n42\n" in repl.text
    assert not (tmp_path / "eaten").exists()
