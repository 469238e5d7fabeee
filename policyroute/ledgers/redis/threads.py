"""Connections that threads share. Nobody waits longer than asked, whatever a server, a network or a name server does."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from threading import Lock, Thread
from time import monotonic
from typing import Protocol

from redis.exceptions import RedisError, ResponseError

from policyroute.ledgers.redis.asking import MORE, Ask, Reply, conversation
from policyroute.ledgers.redis.trouble import Reason, reason_of

MOST = 8
"""More threads than this would be in each other's way; the others queue, and the first come is the first served."""
AT_ONCE = 4


class Connection(Protocol):
    """What is used of a connection of the client library."""

    def connect(self) -> None: ...
    def send_packed_command(self, command: list[bytes], check_health: bool = True) -> None: ...
    def can_read(self, timeout: float = 0) -> bool: ...
    def read_response(self) -> Reply: ...
    def disconnect(self) -> None: ...


class _Waiting:
    """A thread in the queue: it is given a connection, or told why there is none."""

    __slots__ = ("got", "told")

    def __init__(self) -> None:
        self.got: Connection | Reason | None = None
        self.told = Lock()
        self.told.acquire()


class ThreadConnections:
    """Connecting is done by a thread of its own: who asked waits for it only as long as it wants to.

    Those of a forked process are not these: it has to make others, and `abandon` the ones it inherited.
    """

    def __init__(self, make: Callable[[], Connection], place: str) -> None:
        self.pid = os.getpid()
        self._make = make
        self._place = place
        self._lock = Lock()
        self._queue: deque[_Waiting] = deque()
        self._idle: list[Connection] = []  # none as long as somebody waits
        self._open = 0
        self._connecting = 0
        self._closed = False

    def ask(self, ask: Ask, wait_s: float) -> Reply:
        until = monotonic() + wait_s
        got = self._exchange(ask.packet(whole=False), until)
        if not isinstance(got, str) and got != MORE:
            return got
        talk = conversation(ask, got, self._place)
        packet = next(talk)
        while True:
            got = self._exchange(packet, until)
            try:
                packet = talk.send(got)
            except StopIteration as done:
                answer: Reply = done.value
                return answer

    def _exchange(self, packet: bytes, until: float) -> Reply | Reason:
        connection = self._take(until)
        if isinstance(connection, str):
            return connection
        usable = False
        try:
            connection.send_packed_command([packet], check_health=False)
            # Also where the time is over: this thread may have slept while the answer came.
            if not connection.can_read(max(until - monotonic(), 0)):
                return "slow"
            got = connection.read_response()
            usable = True
            return got
        except ResponseError as error:
            usable = True
            return reason_of(error)
        except (RedisError, OSError) as error:
            reason = reason_of(error)
            if reason == "lost":
                self._let_go()  # what was idle meanwhile is lost as well
            return reason
        finally:
            if usable:
                self._give(connection)
            else:
                self._drop(connection)

    def _take(self, until: float) -> Connection | Reason:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._closed:
                return "down"
            waiting = _Waiting()
            self._queue.append(waiting)
            self._make_more()
        if not waiting.told.acquire(timeout=max(until - monotonic(), 0)):
            with self._lock:
                if waiting in self._queue:
                    self._queue.remove(waiting)
        return waiting.got or "slow"

    def _make_more(self) -> None:
        """Starts to connect where that serves somebody who waits. The lock is held."""
        if self._connecting >= min(len(self._queue), AT_ONCE, MOST - self._open - self._connecting):
            return
        try:
            Thread(target=self._connect, name="policyroute-redis", daemon=True).start()
        except RuntimeError:  # no more threads, or the interpreter is ending
            self._tell_all("down")
        else:
            self._connecting += 1

    def _connect(self) -> None:
        connection = self._make()
        failed: Reason | None = "down"
        try:
            connection.connect()
            failed = None
        except (RedisError, OSError, UnicodeError) as error:
            reason = "down" if isinstance(error, UnicodeError) else reason_of(error)
            failed = "down" if reason == "lost" else reason
        finally:
            with self._lock:
                self._connecting -= 1
                self._open += 1
                if failed is not None:
                    self._tell_all(failed)
            if failed is None:
                self._give(connection)
            else:
                self._drop(connection)

    def _tell_all(self, reason: Reason) -> None:
        """Nobody waits for what does not come. The lock is held."""
        while self._queue:
            waiting = self._queue.popleft()
            waiting.got = reason
            waiting.told.release()

    def _give(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed:
                if self._queue:
                    waiting = self._queue.popleft()
                    waiting.got = connection
                    waiting.told.release()
                    self._make_more()
                else:
                    self._idle.append(connection)
                return
        self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        connection.disconnect()
        with self._lock:
            self._open -= 1
            self._make_more()

    def _let_go(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            self._drop(connection)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._tell_all("down")
        self._let_go()

    def abandon(self) -> None:
        """Closes what this process inherited, without a word to the server: it is not ours. No lock is taken here."""
        for connection in self._idle:
            connection.disconnect()
