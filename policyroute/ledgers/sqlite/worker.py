"""A thread that does one thing after another, and what tasks of an event loop wish of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread

from policyroute.errors import LedgerError
from policyroute.ledgers.ledger import Answer, Step


class Worker:
    """Made when there is something to do. A process may end while it works: nothing waits for it but `stop`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = Lock()
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None

    def hand(self, task: Callable[[], None]) -> None:
        """Something to do when all before it is done."""
        self._tasks.put(task)
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def waiting(self) -> int:
        """How many things nobody has begun with."""
        return self._tasks.qsize()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()

    def stop(self, wait_s: float) -> None:
        """Lets it finish what it was handed, and waits for that so long."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():
            self._tasks.put(None)
            thread.join(wait_s)


class Wish:
    """A step that a task waits for, first standing still, then as tasks do."""

    __slots__ = ("_done", "_future", "_loop", "over", "step", "told")

    def __init__(self, step: Step) -> None:
        self.step = step
        self.told: Answer | LedgerError | None = None
        self.over = False
        self._done = Lock()
        self._done.acquire()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._future: asyncio.Future[None] | None = None

    def wait_here(self, wait_s: float) -> None:
        """Until it is done, at most so long, with the loop standing still."""
        self._done.acquire(timeout=wait_s)

    async def wait(self, wait_s: float, late: LedgerError) -> None:
        """Until it is done, at most so long, with the loop going on."""
        self._loop = asyncio.get_running_loop()
        self._future = self._loop.create_future()
        if self.told is not None:  # else the worker sees the future
            return
        timer = self._loop.call_later(wait_s, self._wake, late)
        try:
            await self._future
        finally:
            self.over = True
            timer.cancel()

    def tell(self, told: Answer | LedgerError) -> None:
        """What came of it, said by the worker."""
        self.told = told
        self._done.release()
        if self._loop is not None and self._future is not None:
            try:
                self._loop.call_soon_threadsafe(self._wake)
            except RuntimeError:  # that loop is closed, and nobody waits
                pass

    def _wake(self, late: LedgerError | None = None) -> None:
        if self._future is None or self._future.done():
            return
        if late is not None and self.told is None:
            self._future.set_exception(late)
        else:
            self._future.set_result(None)

    def answer(self) -> Answer:
        """What came of it, once that is told."""
        if isinstance(self.told, LedgerError):
            raise self.told
        assert self.told is not None
        return self.told
