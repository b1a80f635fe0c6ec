"""The mix of soak.py, for some seconds."""

import importlib.util
from pathlib import Path

SPEC = importlib.util.spec_from_file_location("soak", Path(__file__).with_name("soak.py"))


def test_every_call_is_answered_once_and_nothing_is_left():
    """Ten seconds of calls, traps, timeouts, cancels and wrong values: each answer is right, memory is flat, no thread is left over."""
    assert SPEC is not None and SPEC.loader is not None
    module = importlib.util.module_from_spec(SPEC)
    SPEC.loader.exec_module(module)
    result = module.soak(10)
    assert result["threads_after"] <= result["threads_before"]
    assert module.growth(result["samples"]) < 0.25
    counted = result["statistics"]
    assert counted["t:spin"]["timeouts"] == counted["t:spin"]["errors"] > 0
    assert counted["t:spin_far"]["timeouts"] == counted["t:spin_far"]["errors"] == counted["t:spin_far"]["calls"] > 0
    assert counted["t:sleep_briefly"]["timeouts"] == counted["t:sleep_briefly"]["calls"] > 0
    assert counted["t:nap_far"]["queue"]["most"] <= 4 + 2 * 24
