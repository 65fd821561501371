"""aiohttp's socket, with a short cut for the frames that come in.

aiohttp brings a frame to `receive()` by a queue, a future and a task, which costs as much
as all else that a message needs. Here what was read goes straight to aiohttp's parser, and an
`Inbox` takes the queue's place and offers each frame to a `Taker` at once. What that one does
not take is queued, and so is all that follows until the queue is empty again: nothing is
overtaken, and aiohttp's bound on the queue pauses the reading.

No other module reaches into aiohttp. With a version that was not tried nothing is offered,
and everything comes by `receive()`, as documented: slower, and otherwise the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from random import getrandbits
from typing import Any, Final, Protocol

import aiohttp
from aiohttp import base_protocol, web
from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_websocket import WebSocketWriter
from multidict import CIMultiDict

# Versions with which `RoomSocket._post_start` and `spare_nodelay` were tried.
TRIED: Final = ("3.14.",)

QUEUE_BYTES: Final = 2**16  # half of what may wait in a queue before aiohttp pauses reading

# What every socket shares once its handshake is over: nothing is ever put into these,
# nobody waits for the lock, and only a client masks.
_NO_TASKS: Final[set[asyncio.Task[None]]] = set()
_LOCK: Final = asyncio.Lock()
_MASK: Final = partial(getrandbits, 32)
_SENT: Final[CIMultiDict[str]] = CIMultiDict()


class Taker(Protocol):
    """Who may take frames as they come."""

    def offer(self, frame: Any) -> bool:
        """Take a frame and return True, or leave it to `receive()`. It may not raise."""


class Inbox(WebSocketDataQueue):
    """aiohttp's queue of frames; its `taker` is asked first.

    The queue proper is made when there is something to wait in it: for most connections at
    their end, which until then saves 0.9 KiB of each.
    """

    __slots__ = ("_events", "_first", "_made", "http", "taker")

    def __init__(self, protocol: BaseProtocol, loop: asyncio.AbstractEventLoop) -> None:
        # Not its bound method: with a thousand sockets each object more on the way of a message
        # is one more that lies in no cache.
        self.taker: Taker | None = None
        self.http = protocol
        self._events = loop
        self._made = False
        self._first: asyncio.Future[None] | None = None

    def _make(self) -> None:
        if not self._made:
            self._made = True
            super().__init__(self.http, QUEUE_BYTES, loop=self._events)
            self.wake()

    def wake(self) -> None:
        """End a `silence`."""
        if self._first is not None and not self._first.done():
            self._first.set_result(None)

    def silence(self) -> asyncio.Future[None] | None:
        """Return what is done when something waits here for the first time, if nothing has."""
        if self._made:
            return None
        self._first = self._events.create_future()
        return self._first

    def feed_data(self, data: Any, size: int) -> None:
        if (taker := self.taker) is None or self._buffer or not taker.offer(data):
            self._make()
            super().feed_data(data, size)

    def feed_eof(self) -> None:
        self._make()
        super().feed_eof()

    def set_exception(self, *cause: BaseException) -> None:
        self._make()
        super().set_exception(*cause)

    async def read(self) -> Any:
        if (silence := self.silence()) is not None:
            await silence
        return await super().read()


class _Straight(asyncio.BaseProtocol):
    """What a transport gives its bytes to once HTTP is over: the parser itself.

    aiohttp's protocol hears of all else. It would ask of each read what is to be done with it,
    and with a thousand sockets it is one more that lies in no cache.
    """

    __slots__ = ("_protocol", "data_received")

    def __init__(self, protocol: BaseProtocol, parser: WebSocketReader) -> None:
        self._protocol = protocol
        self.data_received = parser.feed_data

    def eof_received(self) -> None:
        """The transport closes, and says so."""

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._protocol.connection_lost(exc)


class _FirstTaker:
    """The taker of a socket's first frame: from then on the socket reads straight.

    To who only listens that is worth nothing, and takes a fiftieth of the handshake: uvloop stops
    reading and starts anew, for which the kernel is asked three times.
    """

    __slots__ = ("_socket", "_taker")

    def __init__(self, socket: "RoomSocket", taker: Taker) -> None:
        self._socket = socket
        self._taker = taker

    def offer(self, frame: Any) -> bool:
        self._socket.go_straight(self._taker)
        return self._taker.offer(frame)


def spare_nodelay() -> None:
    """Have aiohttp not set TCP_NODELAY on each connection, which has it from `set_bounds`.

    uvloop makes a socket object for it, which asks the kernel twice what kind it is: together
    with the setting that is a twentieth of a handshake.
    """
    if aiohttp.__version__.startswith(TRIED):
        vars(base_protocol)["tcp_nodelay"] = _spared


def _spared(transport: asyncio.Transport, value: bool) -> None:  # as aiohttp's
    """In the place of `tcp_nodelay`."""


def _nothing() -> None:
    """Nobody is to be told."""


class RoomSocket(web.WebSocketResponse[Any]):
    """A WebSocketResponse whose frames can be had without waiting for `receive()`.

    `on_close` is called before its close frame is sent. `conversation` is awaited when the
    handler has returned the socket: aiohttp finishes every answer by `write_eof`, and this
    one is finished when it has been talked over. By then the handler and what is
    around it are gone, whose frames would lie there for as long as the connection does.
    """

    # Python lets instances share the keys of their dicts up to thirty, which aiohttp's own
    # attributes overstep by these two: 1.6 KiB for each connection.
    __slots__ = ("_parser", "_reader", "conversation", "on_close")

    def __init__(self, *, protocols: tuple[str, ...], max_msg_size: int, timeout: float) -> None:
        super().__init__(
            protocols=protocols,
            max_msg_size=max_msg_size,
            timeout=timeout,
            # A compressor for each connection costs seven times the memory of the rest.
            compress=False,
            # Who takes frames decodes them from the bytes, once, and checks that they are UTF-8.
            decode_text=False,
            # Pings and pongs are the taker's to see: answering must not wait, and a pong counts.
            autoping=False,
        )
        self._parser = None
        self._reader = None
        self.conversation: Awaitable[None] | None = None
        self.on_close: Callable[[], None] = _nothing

    def let_go(self) -> None:
        """Forget whom to offer to and whom to tell: they hold this socket, in a circle."""
        self.on_close = _nothing
        if isinstance(self._reader, Inbox):
            self._reader.taker = None

    def offer_to(self, taker: Taker) -> None:
        """Offer each frame as it comes. Frames that came before stay for `receive()`."""
        if isinstance(self._reader, Inbox):
            self._reader.taker = _FirstTaker(self, taker)

    def go_straight(self, taker: Taker | None) -> None:
        """Give what comes from now on to the parser, past aiohttp's protocol."""
        if isinstance(self._reader, Inbox) and self._parser is not None:
            http = self._reader.http
            self._reader.taker = taker
            if (transport := http.transport) is not None and not transport.is_closing():
                transport.set_protocol(_Straight(http, self._parser))

    def silence(self) -> asyncio.Future[None] | None:
        """Return what is done when `receive` has something, or this is closed; None if it
        cannot be told. To await it instead of `receive` saves each connection 0.5 KiB."""
        return self._reader.silence() if isinstance(self._reader, Inbox) else None

    async def write_eof(self) -> None:  # type: ignore[override]  # as in aiohttp
        """Have the conversation, then close as aiohttp does."""
        if self.conversation is not None:
            conversation, self.conversation = self.conversation, None
            self._headers = _SENT
            await conversation
        try:
            await super().write_eof()
        finally:
            # An error while it is closed: its traceback holds this socket, in a circle.
            self._exception = None

    async def close(self, **how: Any) -> bool:
        """As aiohttp, which calls it too, for what it answers with a close frame itself."""
        self.on_close()
        if isinstance(self._reader, Inbox):
            # A server that is going down has told aiohttp so, whose protocol reads nothing since:
            # the answer would not be seen.
            self.go_straight(self._reader.taker)
            self._reader.wake()
        return await super().close(**how)

    def _post_start(
        self, request: web.BaseRequest, protocol: str | None, writer: WebSocketWriter
    ) -> None:
        loop, http = self._loop, request.protocol
        if loop is None or not aiohttp.__version__.startswith(TRIED):
            super()._post_start(request, protocol, writer)
            return
        self._ws_protocol = protocol
        self._writer = writer
        # Of compressing, which is off, and of masking: one for all saves 0.6 KiB of each.
        writer._background_tasks = _NO_TASKS  # noqa: SLF001
        writer._send_lock = _LOCK  # noqa: SLF001
        writer.get_random_bits = _MASK
        self._reader = Inbox(http, loop)
        self._parser = WebSocketReader(
            self._reader, self._max_msg_size, compress=False, decode_text=self._decode_text
        )
        http.set_parser(self._parser)
        # HTTP is over: its parser, and its queue of requests.
        http._parser = None  # noqa: SLF001
        http._messages = ()  # type: ignore[assignment]  # noqa: SLF001
        http.keep_alive(False)
