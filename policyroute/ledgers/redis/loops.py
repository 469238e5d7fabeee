"""Connections that the tasks of one event loop share."""

from __future__ import annotations

from asyncio import AbstractEventLoop, Semaphore, Task, gather, timeout_at
from collections.abc import Callable
from typing import Protocol

from redis.exceptions import RedisError, ResponseError

from policyroute.ledgers.redis.asking import MORE, Ask, Reply, conversation
from policyroute.ledgers.redis.trouble import Reason, reason_of

MOST = 8  # one loop does not keep more busy


class LoopConnection(Protocol):
    """What is used of a connection of the client library."""

    async def connect(self) -> None: ...
    async def send_packed_command(self, command: list[bytes], check_health: bool = True) -> None: ...
    async def read_response(self) -> Reply: ...
    async def disconnect(self, nowait: bool = False) -> None: ...


class LoopConnections:
    """Waiting for a free one, connecting, names and all are within the time that was asked for."""

    def __init__(self, make: Callable[[], LoopConnection], place: str, loop: AbstractEventLoop) -> None:
        self._make = make
        self._place = place
        self._loop = loop
        self._room = Semaphore(MOST)
        self._idle: list[LoopConnection] = []
        self._finishing: set[Task[Reply]] = set()

    async def ask(self, ask: Ask, wait_s: float) -> Reply:
        until = self._loop.time() + wait_s
        got = await self._in_time(ask.packet(whole=False), until)
        if not isinstance(got, str) and got != MORE:
            return got
        talk = conversation(ask, got, self._place)
        packet = next(talk)
        while True:
            got = await self._in_time(packet, until)
            try:
                packet = talk.send(got)
            except StopIteration as done:
                answer: Reply = done.value
                return answer

    async def _in_time(self, packet: bytes, until: float) -> Reply | Reason:
        try:
            async with timeout_at(until), self._room:
                return await self._exchange(packet)
        except TimeoutError:
            return "slow"

    async def _exchange(self, packet: bytes) -> Reply | Reason:
        fresh = not self._idle
        connection = self._make() if fresh else self._idle.pop()
        connected = usable = False
        try:
            if fresh:
                await connection.connect()
            connected = True
            await connection.send_packed_command([packet], check_health=False)
            got = await connection.read_response()
            usable = True
            return got
        except ResponseError as error:
            usable = connected
            return reason_of(error)
        except (RedisError, OSError, UnicodeError) as error:
            reason = "down" if isinstance(error, UnicodeError) else reason_of(error)
            if reason == "lost" and connected:
                await self._let_go()  # what was idle meanwhile is lost as well
            return "down" if reason == "lost" and not connected else reason
        finally:
            if usable:
                self._idle.append(connection)
            else:
                await connection.disconnect(nowait=True)

    def finish(self, ask: Ask, wait_s: float) -> None:
        """Asks what nobody waits for any more; once more, if it was asked already."""
        task = self._loop.create_task(self.ask(ask, wait_s))
        self._finishing.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: Task[Reply]) -> None:
        self._finishing.discard(task)
        if not task.cancelled():
            task.exception()  # there is nobody to tell: the hold expires

    async def close(self) -> None:
        await gather(*self._finishing, return_exceptions=True)
        await self._let_go()

    async def _let_go(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.disconnect()
