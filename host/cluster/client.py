"""Calls on a cluster, from the caller's side: which worker makes which calls, and what becomes of them when it is lost.

Calls of a function that wait at the same time travel together, as one task of Dask's `distributed`, to a worker with room. A task costs
about a millisecond, a call of a guest microseconds: so the shorter the calls are, the more of them make a task. Each task is for one
worker alone, and each worker's process has a token of its own: so the engine can't make a task again, and it is here that calls of a
worker that is lost are made again, where they may be.

All of it happens on one thread, the event loop's. Lanes come by ``submit`` and ``leave``, from any thread.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moonwit.host.cluster import engine
from moonwit.host.cluster.calls import FRAME, HOLD, Call, Function, Post, Task, Worker, nobody, split
from moonwit.host.cluster.local import Local
from moonwit.host.values.intermediate import ErrorValue

if TYPE_CHECKING:
    from distributed import Client

    from moonwit.host.cluster.archive import Archive

# How many bytes the calls of one task have at most.
MOST_BYTES = 4 * 1024 * 1024
# How long a worker may be silent, and calls wait for a scheduler that is gone, in seconds.
SILENCE, PATIENCE = 10.0, 10.0
# How long the processes of a local cluster may take to start.
STARTING = 120.0
# How often it is asked who is there, and tried to reach a scheduler, in seconds.
LOOK, RETRY = 0.5, 1.0
MOST_AGAIN = 5  # times that a call is made again whose worker was lost


class Cluster:
    """The workers of one scheduler. ``node`` is the module that they run (moonwit/clusters.py)."""

    def __init__(self, id: str, address: str, workers: int | None, tls: Mapping[str, str] | None, node: Any, root: Path) -> None:
        self.id = id
        self.address = address
        self._count = workers or len(os.sched_getaffinity(0))
        self._tls = {name: str(root / path) for name, path in tls.items()} if tls else None
        self._node = node
        self._loop = asyncio.new_event_loop()
        self._numbers = itertools.count(1)
        self._functions: dict[tuple[str, str], Function] = {}
        self._calls: dict[tuple[int, int], Call] = {}
        self._workers: dict[str, Worker] = {}
        self._known: set[str] = set()
        # The archive that calls come with now: those before it are forgotten when their calls are answered.
        self._newest = ""
        self._client: Client | None = None
        self._local: Local | None = None
        self._down: str | None = None
        self._begun: float | None = None
        self._looked = False
        self._down_since = time.monotonic()
        self._closed = False
        self._wanted, self._look_at = asyncio.Event(), 0.0  # when to look at who is there next: at once when something is wrong
        self._holding = False  # whether calls that wait for more of them will be looked at again
        self._thread = threading.Thread(target=self._main, name=f"moonwit cluster {id}", daemon=True)
        self._thread.start()

    # From other threads ------------------------------------------------------------------------------------------------

    def submit(self, id: str, archive: Archive, again: bool, frames: bytes, post: Post) -> None:
        """Takes calls of a function, as frames; their answers go to ``post``. ``again`` says that a call may be made more than once."""
        self._loop.call_soon_threadsafe(self._take, id, archive, again, frames, post)

    def leave(self, number: int, post: Post) -> None:
        """Cancels a call that nobody waits for; it is answered all the same."""
        self._loop.call_soon_threadsafe(self._leave, number, post)

    def known(self) -> list[dict[str, Any]] | None:
        """Gives who is there; None before that is known."""
        return self.statistics() if self._looked and all(each.token is not None for each in list(self._workers.values())) else None

    def statistics(self) -> list[dict[str, Any]]:
        """Gives what each worker has made for this process."""
        return [worker.told() for worker in list(self._workers.values())]

    def trouble(self) -> str:
        """Says why nobody is there."""
        return self._down or "the scheduler has not answered yet"

    def made(self, id: str) -> list[dict[str, Any]]:
        """Gives what each worker has made of a function, the functions of a whole binary counted together."""
        return [worker.made(id) for worker in list(self._workers.values())]

    def close(self, timeout: float = 10.0) -> None:
        """Ends what runs there for this process, and the workers of a local cluster."""
        self._closed = True
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._wanted.set)
            self._thread.join(timeout)

    # The loop ----------------------------------------------------------------------------------------------------------

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        # What the engine says of lost connections is said by the calls.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        while not self._closed:
            if self._client is None:
                await self._connect()
            # Each call wakes this loop: asking the scheduler each time would cost as much as the call.
            if self._client is not None and time.monotonic() >= self._look_at:
                self._look_at = time.monotonic() + LOOK
                await self._look()
            self._give_up()
            self._pump()
            await self._forget_old()
            self._wanted.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), RETRY if self._client is None else max(self._look_at - time.monotonic(), 0.0))
        await self._disconnect()
        if self._local is not None:
            await self._local.close()

    async def _connect(self) -> None:
        try:
            if self.address == "local":
                if self._local is None:
                    self._local = await Local.start(self._count)
                target = self._local.address
            else:
                target = self.address
            self._client = await engine.connect(target, self._tls)
            self._down, self._look_at = None, 0.0
        except Exception as problem:  # whatever the engine raises, it is not there
            if self._down is None:
                self._down_since = time.monotonic() if self._known else 0.0
            self._down = engine.first_line(problem)

    async def _disconnect(self) -> None:
        client, self._client = self._client, None
        for worker in list(self._workers.values()):
            self._lose(worker, f"the scheduler at {self.address} is gone")
        self._workers = {}
        self._known = set()
        if client is not None:
            await engine.disconnect(client)

    async def _look(self) -> None:
        """Asks who is there."""
        client = self._client
        assert client is not None
        try:
            found = await engine.workers(client)
        except Exception as problem:  # as in _connect
            self._down, self._down_since = engine.first_line(problem), time.monotonic()
            await self._disconnect()
            return
        now = time.monotonic()
        if found:
            self._begun = now
        for address in [address for address in self._workers if address not in found]:
            self._lose(self._workers.pop(address), "its worker has ended")
        self._looked = True
        for address, about in found.items():
            worker = self._workers.get(address)
            if worker is None:
                worker = self._workers[address] = Worker(address, int(about["nthreads"]))
                self._loop.create_task(self._greet(worker))
            worker.metrics = about.get("metrics") or {}
            if about["last_seen"] != worker.seen:
                worker.seen, worker.heard = about["last_seen"], now
                if worker.refused == "silent":
                    worker.refused = None
                    self._loop.create_task(self._greet(worker))
            elif now - worker.heard > SILENCE and worker.refused is None and worker.token is not None:
                worker.refused = "silent"
                self._lose(worker, f"its worker has not been heard of for {SILENCE:g} s")

    async def _greet(self, worker: Worker) -> None:
        """Learns of a new worker who it is."""
        client = self._client
        assert client is not None
        try:
            answer = await client.run(self._node.greet, workers=[worker.address], on_error="return")
            told = answer[worker.address]
            if isinstance(told, BaseException):
                raise told
            worker.refused, worker.version = self._node.unfit(told), told["version"]
            worker.token = told["token"]
        except ModuleNotFoundError:
            worker.refused = "Moonwit is not installed there"
            worker.token = ""
        except Exception as problem:  # it may be gone again: then the next look says so
            worker.refused, worker.token = engine.first_line(problem), ""
        self._wanted.set()

    # Calls -------------------------------------------------------------------------------------------------------------

    def _take(self, id: str, archive: Archive, again: bool, frames: bytes, post: Post) -> None:
        key = (id, archive.sha256)
        function = self._functions.get(key)
        if function is None:
            function = self._functions[key] = Function(id, archive, again)
        self._newest = archive.sha256
        now = time.monotonic()
        for number, content in split(frames):
            call = Call(number, post, content, now)
            function.waiting.append(call)
            self._calls[call.key] = call
        self._pump()
        # The loop looks at who is there, and gives up what has waited for too long.
        self._wanted.set()

    def _leave(self, number: int, post: Post) -> None:
        call = self._calls.get((id(post), number))
        if call is None:
            return
        for function in self._functions.values():
            if call in function.waiting:
                function.waiting.remove(call)
                self._fail(call, function, "Canceled", "canceled", None)
                return
        for worker in self._workers.values():
            for task in worker.tasks:
                if task.calls.get((id(post), number)) is call:
                    self._loop.create_task(self._cancel(task, [call]))
                    return

    async def _cancel(self, task: Task, calls: list[Call]) -> None:
        slots = [slot for slot, call in enumerate(task.calls.values()) if call in calls]
        if self._client is not None:
            await engine.tell(self._client, task.worker.address, self._node.cancel, task.number, self._node.OWNER, slots)

    def _pump(self, held: bool = False) -> None:
        """Gives workers what they have room for; ``held`` says that calls have waited long enough for more of them."""
        if held:
            self._holding = False
        if self._client is None or self._closed:
            return
        room = sum(max(worker.room(), 0) for worker in self._workers.values())
        busy = [function for function in self._functions.values() if function.waiting]
        while room > 0 and busy:
            function = busy.pop(0)
            worker = max(self._workers.values(), key=Worker.room)
            calls: list[Call] = []
            idle = sum(each.idle() for each in self._workers.values())
            busy_with = any(task.function is function for each in self._workers.values() for task in each.tasks)
            size, count = 0, function.size(idle, busy_with, time.monotonic())
            if not count:
                if idle and not self._holding:
                    self._holding = True
                    self._loop.call_later(HOLD, self._pump, True)
                continue
            for _ in range(count):
                call = function.waiting.popleft()
                size += len(call.content)
                if calls and size > MOST_BYTES:
                    function.waiting.appendleft(call)
                    break
                calls.append(call)
            task = Task(next(self._numbers), function, worker, calls)
            worker.tasks.add(task)
            room -= 1
            self._loop.create_task(self._run(task))
            if function.waiting:
                busy.append(function)

    async def _run(self, task: Task) -> None:
        client, worker, function = self._client, task.worker, task.function
        assert client is not None
        try:
            await self._send(client, function.archive)
            if task.over:
                return
            arguments = function.archive.sha256, worker.token, self._node.OWNER, task.number, function.id, task.frames()
            task.future = engine.submit(client, worker.address, f"moonwit-{self._node.OWNER}-{task.number}", self._node.run, *arguments)
            seconds, answers = await task.future
        except asyncio.CancelledError:
            self._lost(task, "its task was canceled")
            return
        except Exception as problem:  # of the engine: what calls raise is in their answers
            self._lost(task, engine.why_lost(problem, self.address))
            return
        finally:
            worker.tasks.discard(task)
            task.future = None
        if task.over:
            return
        task.over = True
        if answers is None:
            if seconds < 0:
                self._known.discard(function.archive.sha256)
            return self._retry(task, "its worker was started anew", begun=False)
        self._answer(task, seconds, answers)
        self._pump()

    async def _forget_old(self) -> None:
        """Has workers forget the versions of the project that nobody calls any more. Another caller that has one sends it again."""
        used = {self._newest, *(function.archive.sha256 for function in self._functions.values() if function.waiting)}
        used.update(task.function.archive.sha256 for worker in self._workers.values() for task in worker.tasks)
        self._functions = {key: function for key, function in self._functions.items() if key[1] in used}
        for sha256 in self._known - used:
            self._known.discard(sha256)
            if self._client is not None:
                await engine.unregister(self._client, self._node.plugin_name(sha256))

    async def _send(self, client: Client, archive: Archive) -> None:
        """Sends an archive to all workers, also those that come later, once."""
        if archive.sha256 in self._known:
            return
        self._known.add(archive.sha256)
        try:
            await client.register_plugin(self._node.plugin(archive))
        except BaseException:
            self._known.discard(archive.sha256)
            raise

    def _answer(self, task: Task, seconds: float, answers: bytes) -> None:
        calls, worker, function = list(task.calls.values()), task.worker, task.function
        own = worker.functions.setdefault(function.id, [0, 0, 0.0])
        own[2] += seconds
        function.took(len(calls), seconds)
        by_lane: dict[int, tuple[Post, list[bytes]]] = {}
        for slot, content in split(answers):
            call = calls[slot]
            if self._calls.pop(call.key, None) is not None:
                post = by_lane.setdefault(call.key[0], (call.post, []))[1]
                post += (FRAME.pack(call.number, len(content)), content)
                worker.calls += 1
                worker.errors += content[0] == 1
                own[0], own[1] = own[0] + 1, own[1] + (content[0] == 1)
        worker.seconds += seconds
        for post_to, frames in by_lane.values():
            post_to(b"".join(frames))

    # What goes wrong ----------------------------------------------------------------------------------------------------

    def _lose(self, worker: Worker, why: str) -> None:
        for task in list(worker.tasks):
            self._lost(task, why)

    def _lost(self, task: Task, why: str) -> None:
        if task.over:
            return
        task.over = True
        task.worker.tasks.discard(task)
        if task.future is not None:
            self._loop.create_task(engine.forget(task.future))
        self._retry(task, why)

    def _retry(self, task: Task, why: str, begun: bool = True) -> None:
        function = task.function
        for call in task.calls.values():
            if call.key not in self._calls:
                continue
            call.tries += 1
            call.began = time.monotonic()
            if (function.again or not begun) and call.tries <= MOST_AGAIN:
                function.waiting.appendleft(call)
            else:
                often = f" {call.tries} times, the last time because" if function.again else ":"
                self._fail(call, function, "Unavailable", f"{function.id}: the call was lost{often} {why}", task.worker.address)
        self._look_at = 0.0
        self._wanted.set()

    def _give_up(self) -> None:
        """Fails what has waited too long for somebody to make it."""
        if self._client is not None and any(worker.token is None or not worker.refused for worker in self._workers.values()):
            return
        now = time.monotonic()
        for function in self._functions.values():
            while function.waiting:
                call = function.waiting[0]
                gone = self._client is None and now - max(call.began if self._down_since else 0.0, self._down_since) > PATIENCE
                patience = STARTING if self._begun is None and self.address == "local" else PATIENCE
                idle = self._client is not None and now - max(call.began, self._begun or 0.0) > patience
                if not gone and not idle:
                    break
                function.waiting.popleft()
                why = nobody(self.id, self.address, self.trouble() if self._client is None else None, self._workers.values())
                self._fail(call, function, "Unavailable", f"{function.id}: {why}", None)

    def _fail(self, call: Call, function: Function, kind: str, message: str, worker: str | None) -> None:
        if self._calls.pop(call.key, None) is None:
            return
        text = self._node.encode_error(ErrorValue(kind, message, kind == "Unavailable", {b"worker": worker.encode()} if worker else None))
        call.post(FRAME.pack(call.number, len(text) + 1) + b"\1" + text)
