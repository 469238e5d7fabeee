"""A real Redis or Valkey server of our own on a free port, a proxy in front of it that loses replies, and what is asked of it."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Thread
from types import coroutine

from redis import Redis

from policyroute.ledgers.ledger import Account, Balance, Line, Offer, Reserve, Settle, Step
from policyroute.ledgers.redis import RedisLedger

FAR = 2_000_000_000
DAY = Account("acme/day@2026-11-21", FAR)
MONTH = Account("acme/month@2026-11", FAR)
BOTH = (DAY, MONTH)
WAIT_S = 0.05
PATIENT_S = 5.0
ROOM_S = 0.03
"""What a busy machine may add to a wait, at its best of several tries."""

PROGRAMS = ("redis-server", "valkey-server")
READY = "Ready to accept connections"
STARTED = "Server initialized"
MISSING = f"no {' or '.join(PROGRAMS)} on the path; on Debian and Ubuntu: apt-get install redis-server"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


class RedisServer:
    """A server that keeps nothing on disk unless asked to. `freeze` stops it in its tracks, connections and all."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.options = options
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self, until: str = READY) -> None:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        assert program is not None, MISSING
        # Should the tests be killed, the server goes with them, where the system can do that.
        leash = [setpriv, "--pdeathsig", "KILL"] if (setpriv := shutil.which("setpriv")) else []
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "", "--daemonize", "no"]
        self.process = subprocess.Popen([*leash, program, *words, *self.options], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if until in line:
                break
        else:
            self.stop()
            raise AssertionError("the server ended:\n" + "".join(said))
        # Nobody reads on, and a full pipe would block it; but few lines come at this level.
        if until == READY and not {"--requirepass", "--cluster-enabled"} & set(self.options):
            with self.client() as client:
                client.config_set("loglevel", "warning")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    @contextmanager
    def client(self) -> Iterator[Redis]:
        """The plain client, to look behind the ledger's back."""
        with Redis(port=self.port, host="127.0.0.1", decode_responses=True) as client:
            yield client

    def flush(self) -> None:
        with self.client() as client:
            client.flushall()


@contextmanager
def running(*options: str) -> Iterator[RedisServer]:
    """A server for one test."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder), *options)
        try:
            yield server
        finally:
            server.stop()


@cache
def shared() -> RedisServer:
    """One server for all tests of this process that only keep to their own keys."""
    folder = tempfile.mkdtemp()
    server = RedisServer(Path(folder))
    atexit.register(shutil.rmtree, folder)
    atexit.register(server.stop)
    return server


class Proxy:
    """Hands on what comes, but breaks the connection in place of the next reply where it was told to lose it."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.lose = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.listener.getsockname()[1]}/0"
        self.threads = [Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            thread = Thread(target=self._serve, args=(client,))
            self.threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        """A question is small enough to come in one piece here, and so is its answer."""
        with client, socket.create_connection(("127.0.0.1", self.to)) as server:
            while asked := client.recv(1 << 20):
                server.sendall(asked)
                answer = server.recv(1 << 20)
                if self.lose and asked.startswith(b"*") and b"EVAL" in asked:
                    self.lose -= 1
                    return
                client.sendall(answer)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join()


def reserve(hold: str, amount: int = 10, lasts_s: float = 60.0) -> Reserve:
    return Reserve(hold, tuple(Line(account) for account in BOTH), (Offer((amount, amount), (1000, 1000)),), lasts_s)


def settle(hold: str, amount: int = 7) -> Settle:
    return Settle(hold, BOTH, (amount, amount))


def both(spent: int, held: int, granted: int = 0) -> tuple[Balance, ...]:
    return tuple(Balance(account.key, spent, held, granted) for account in BOTH)


def do(ledger: RedisLedger, step: Step) -> object:
    return ledger.do(step)


def ado(ledger: RedisLedger, step: Step) -> object:
    async def once() -> object:
        try:
            return await ledger.ado(step)
        finally:
            await ledger.aclose()

    return asyncio.run(once())


@coroutine
def turn() -> Generator[None, None, None]:
    """Lets everybody else on the event loop go on for one turn."""
    yield
