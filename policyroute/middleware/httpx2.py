"""Inside the http client of an SDK: `OpenAI(http_client=httpx2.Client(transport=PolicyTransport(policy=…)))`."""

from __future__ import annotations

import os
from contextlib import aclosing, closing
from typing import Unpack

import httpx2

from policyroute.loading import Policy
from policyroute.middleware.layer import Layer, Options
from policyroute.middleware.sending import AsyncMetered, Attempt, Flavour, Lookup, Metered, Sending

_FLAVOUR = Flavour(httpx2.Request, httpx2.Response, httpx2.ByteStream, httpx2.TimeoutException)


class _Stream(Metered, httpx2.SyncByteStream):
    """An answer's bytes, as httpx2 takes them."""


class _AsyncStream(AsyncMetered, httpx2.AsyncByteStream):
    """The same in an event loop."""


class PolicyTransport(httpx2.BaseTransport):
    """Decides every call to a model before it is sent, and settles what it did cost; everything else is sent as it is."""

    def __init__(
        self,
        policy: str | os.PathLike[str] | Policy,
        *,
        transport: httpx2.BaseTransport | None = None,
        attributes: Lookup | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._sending = Sending(Layer(policy, options), attributes, _FLAVOUR)
        self._inner = transport or httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        api = self._sending.api_of(request)
        if api is None:
            return self._inner.handle_request(request)
        opened = self._sending.open(request, api)
        if opened is None:
            return self._inner.handle_request(self._sending.passed(request))
        if isinstance(opened, httpx2.Response):
            return opened
        made: httpx2.Response
        with Attempt(self._sending, opened):
            answer = self._inner.handle_request(self._sending.changed(request, opened))
            stream = _Stream(self._sending, opened, answer)
            if opened.call.stream:
                made = self._sending.answered(opened, answer, request, stream)
            else:
                with closing(stream):
                    made = self._sending.whole(opened, answer, request, b"".join(stream))
        return made

    def close(self) -> None:
        self._inner.close()
        self._sending.layer.close()


class AsyncPolicyTransport(httpx2.AsyncBaseTransport):
    """The same for the client of an event loop."""

    def __init__(
        self,
        policy: str | os.PathLike[str] | Policy,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        attributes: Lookup | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._sending = Sending(Layer(policy, options), attributes, _FLAVOUR)
        self._inner = transport or httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        api = self._sending.api_of(request)
        if api is None:
            return await self._inner.handle_async_request(request)
        opened = await self._sending.aopen(request, api)
        if opened is None:
            return await self._inner.handle_async_request(self._sending.passed(request))
        if isinstance(opened, httpx2.Response):
            return opened
        made: httpx2.Response
        async with Attempt(self._sending, opened):
            answer = await self._inner.handle_async_request(self._sending.changed(request, opened))
            stream = _AsyncStream(self._sending, opened, answer)
            if opened.call.stream:
                made = self._sending.answered(opened, answer, request, stream)
            else:
                async with aclosing(stream):
                    made = self._sending.whole(opened, answer, request, b"".join([piece async for piece in stream]))
        return made

    async def aclose(self) -> None:
        await self._inner.aclose()
        await self._sending.aclose()
