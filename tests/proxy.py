"""A TCP proxy whose links a test can cut, or stop, at will."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress


class Proxy:
    """Passes bytes on to a port of 127.0.0.1; `target` may change: new links lead there."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        # Whether what the server says is passed on; else all links are cut.
        self.replies: Callable[[], bool] = lambda: True
        self.flows = asyncio.Event()  # while it is not set, nothing that the server says comes by
        self.flows.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, server_writer}
        with suppress(asyncio.CancelledError):  # the test is over; nobody awaits this task
            await asyncio.gather(
                self._pass(reader, server_writer), self._pass(server_reader, writer, replies=True)
            )

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, replies: bool = False
    ) -> None:
        # RuntimeError: of uvloop, where the other way was cut meanwhile.
        with suppress(OSError, RuntimeError):
            while data := await reader.read(65536):
                if replies:
                    await self.flows.wait()
                    if not self.replies():
                        self.cut()
                        return
                writer.write(data)
                await writer.drain()
        writer.transport.abort()

    def cut(self) -> None:
        """Cut all links that there are; new ones can be made."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


@asynccontextmanager
async def proxied(target: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await server.wait_closed()
