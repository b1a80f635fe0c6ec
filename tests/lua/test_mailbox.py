"""Mailboxes between lanes: each letter arrives once, whole and in order, and none is lost or leaked at the end."""

import os
import threading

import pytest

from moonwit.lua.lane.lane import new_state
from moonwit.lua.lane.mailbox import Mailbox
from tests.texts import texts

lua, _ = texts(__file__)

SENDER = lua("sender").encode()
RECEIVER = lua("receiver").encode()


@pytest.fixture
def box():
    descriptor = os.eventfd(0, os.EFD_NONBLOCK)
    made = Mailbox(descriptor)
    made.test_descriptor = descriptor
    yield made
    made.close()
    os.close(descriptor)


def test_letters_arrive_in_order_from_another_thread(box):
    """100,000 letters of all sizes from a lane on another thread: each comes once, as it was sent, in the order of sending."""
    sent = []

    def run():
        send = new_state({})[0].execute(SENDER, box.address)
        sent.append(send(1, 100_000))

    thread = threading.Thread(target=run)
    take, _, _ = new_state({})[0].execute(RECEIVER, box.address)
    thread.start()
    taken, wrong = 0, None
    while taken < 100_000 and wrong is None:
        taken, wrong = take()
    thread.join()
    assert (taken, wrong, sent) == (100_000, None, [100_000])


def test_only_who_sleeps_is_woken(box):
    """A letter wakes a receiver that said that it sleeps, once; there is no sleep while there are letters."""
    send = new_state({})[0].execute(SENDER, box.address)
    take, sleep, wake = new_state({})[0].execute(RECEIVER, box.address)
    send(1, 1)
    with pytest.raises(BlockingIOError):
        os.eventfd_read(box.test_descriptor)
    assert sleep() is False and take() == (1, None)
    assert sleep() is True
    send(2, 3)
    assert os.eventfd_read(box.test_descriptor) == 1
    wake()
    assert take() == (3, None)


def test_a_closed_mailbox_takes_nothing(box):
    """Who sends to a mailbox that is closed is told so, however many letters lie in it unread."""
    send = new_state({})[0].execute(SENDER, box.address)
    assert send(1, 10) == 10
    box.close()
    assert send(11, 20) == 0
    box.close()
    with pytest.raises(BlockingIOError):
        os.eventfd_read(box.test_descriptor)


def test_letters_before_the_receiver_is_there(box):
    """Both ends may be opened in any order: what was sent before is received."""
    send = new_state({})[0].execute(SENDER, box.address)
    send(1, 50)
    take, _, _ = new_state({})[0].execute(RECEIVER, box.address)
    assert take() == (50, None)
