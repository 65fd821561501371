"""News by way of Redis or Valkey: one channel for each room, one for all nodes, and leases.

Two connections: one hears, one says. If either fails both are made anew, and the listener is
told that from then on there are news again: redis-py's own client would reconnect without a
word, and what was said meanwhile would be missing with nobody the wiser. Nothing is stored in
the engine but the leases, so one that comes back empty lacks nothing.
"""

import asyncio
import logging
import math
import random
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from redis import DriverInfo
from redis.asyncio import Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chat_app import __version__
from chat_app.broker.news import Control, RoomNews, by_room
from chat_app.broker.protocol import Listener
from chat_app.models import Appended

log = logging.getLogger(__name__)

# A node's people are out of sight when its lease is, and that is told within a second: so
# they are gone fifteen seconds after its death at the latest.
LEASE_SECONDS: Final = 14.0
RENEW_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 12.0  # without an answer to two pings, and the link is dead
ANSWER_SECONDS: Final = 5.0  # for the engine to connect, and to take what is said
AGAIN_SECONDS: Final = 1.0  # between two attempts to connect
MOST_WAITING: Final = 20_000  # batches and news that wait to be said; then it is too slow
AT_ONCE: Final = 500  # rooms followed, or news said, with one command
TURN: Final = 64  # news heard in one turn of the loop

# One command for many channels: a fifth of what as many PUBLISH in a pipeline cost here.
_SAY: Final = "for i = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) end"

# Renew a node's lease, by the engine's clock. Returns whether it still had one, and who has:
# name, milliseconds left, name, …
_RENEW: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local had = redis.call('ZSCORE', KEYS[1], ARGV[1]) and 1 or 0
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local nodes = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 2, #nodes, 2 do nodes[i] = nodes[i] - now end
return {had, nodes}
"""

_encode = msgspec.msgpack.Encoder().encode
_room_news: msgspec.msgpack.Decoder[RoomNews] = msgspec.msgpack.Decoder(RoomNews)
_control = msgspec.msgpack.Decoder(Control)


class RedisBroker:
    """A `Broker` over Redis or Valkey, for the nodes that share the log of `epoch`.

    Other logs may use the same engine: the epoch is part of every name.
    """

    def __init__(self, url: str, epoch: str) -> None:
        self.name = secrets.token_hex(8)
        self._own = self.name.encode()
        self._engine = engine_of(url)
        self._pool = ConnectionPool.from_url(
            url,
            protocol=2,  # answers and news in the order in which they come
            retry=Retry(NoBackoff(), 0),
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            # It would look for its own version on the disk at every connection.
            driver_info=DriverInfo(name="chat-app", lib_version=__version__),
        )
        self._all = f"chat:{epoch}:all"
        self._room = f"chat:{epoch}:room:"
        self._leases = f"chat:{epoch}:nodes"
        self._followed: set[str] = set()
        self._subscribed: set[str] = set()  # what the engine has been told of that
        self._changed: dict[str, None] = {}  # rooms whose being followed changed
        self._confirmed: list[str] = []
        self._waiting: list[Sequence[Appended] | tuple[str, RoomNews | Control]] = []
        self._wake = asyncio.Event()
        self._heard_at = 0.0  # this and the next by the clocks of `time` and of the loop
        self._renew_at = 0.0
        self._is_heard = False  # connected: what is said is heard
        self._is_deaf = False  # what others say cannot be heard any more
        self._is_gone = False  # the engine, and has been said to be
        self._closing = asyncio.Event()
        self._listener: Listener
        self._task: asyncio.Task[None] | None = None

    @property
    def alone(self) -> bool:
        return False

    def listen(self, listener: Listener) -> None:
        self._listener = listener
        self._task = asyncio.create_task(self._run(), name="broker")

    def follow(self, room_key: str) -> None:
        self._followed.add(room_key)
        self._change(room_key)

    def unfollow(self, room_key: str) -> None:
        self._followed.discard(room_key)
        self._change(room_key)

    def _change(self, room_key: str) -> None:
        self._changed[room_key] = None
        self._wake.set()

    def committed(self, outcome: Sequence[Appended]) -> None:
        self._queue(outcome)

    def publish(self, room_key: str, news: RoomNews) -> None:
        self._queue((self._room + room_key, news))

    def broadcast(self, news: Control) -> None:
        self._queue((self._all, news))

    def _queue(self, said: Sequence[Appended] | tuple[str, RoomNews | Control]) -> None:
        if self._is_heard and len(self._waiting) < MOST_WAITING:
            self._waiting.append(said)
            if len(self._waiting) == 1:
                self._wake.set()

    async def close(self) -> None:
        self._closing.set()
        # More than once: see `_hear`.
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=0.1)
        await self._pool.aclose()

    async def _run(self) -> None:
        while not self._closing.is_set():
            try:
                await self._connect()
            except* (RedisError, OSError) as failed:
                self._say_gone(failed.exceptions[0])
            except* Exception:
                log.exception("the broker's news cannot be handled")
            # A failure while it is cancelled takes the cancellation's place.
            if self._closing.is_set():
                return
            # Not all nodes at once.
            await asyncio.sleep(AGAIN_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311

    async def _connect(self) -> None:
        """Hear and say, until either fails."""
        hearing, saying = (self._pool.make_connection() for _ in range(2))  # type: ignore[no-untyped-call]
        self._subscribed.clear()
        self._changed = dict.fromkeys(self._followed)
        try:
            for link in (hearing, saying):
                with _lost():
                    await link.connect()
            self._is_deaf = False
            self._heard_at = time.monotonic()
            await _tell(hearing, "SUBSCRIBE", self._all)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._hear(hearing), name="hear")
                both.create_task(self._say(saying, hearing), name="say")
        finally:
            self._is_heard = False
            self._waiting.clear()
            for connection in (hearing, saying):
                await connection.disconnect(nowait=True)

    async def _hear(self, connection: Connection) -> None:
        try:
            while True:
                for _ in range(TURN):
                    self._take(await connection.read_response(timeout=math.inf))
                await asyncio.sleep(0)  # it does not wait while there is something to read
        finally:
            # Before Python 3.12 `wait_for`, with which redis-py sends, can lose the
            # cancellation by which `_say` is to end with this.
            self._is_deaf = True
            self._wake.set()

    def _take(self, message: list[Any]) -> None:
        self._heard_at = time.monotonic()
        kind, channel = message[0], message[1].decode()
        if kind == b"subscribe":
            self._confirm(channel)
        elif kind == b"message" and not message[2].startswith(self._own):
            node, news = message[2][: len(self._own)].decode(), message[2][len(self._own) :]
            room_key = channel.removeprefix(self._room)
            try:
                if channel == self._all:
                    self._listener.told(node, _control.decode(news))
                elif room_key in self._followed:
                    self._listener.heard(node, room_key, _room_news.decode(news))
            except (msgspec.DecodeError, UnicodeDecodeError):
                # Of a version that says more. That there is something is news enough.
                if channel != self._all:
                    self._listener.followed([room_key])

    def _confirm(self, channel: str) -> None:
        if channel == self._all:
            self._say_well()
            self._is_heard = True
            self._listener.joined()
            return
        if not self._confirmed:
            asyncio.get_running_loop().call_soon(self._tell_confirmed)
        self._confirmed.append(channel.removeprefix(self._room))

    def _tell_confirmed(self) -> None:
        confirmed, self._confirmed = self._confirmed, []
        self._listener.followed([key for key in confirmed if key in self._followed])

    async def _say(self, saying: Connection, hearing: Connection) -> None:
        loop = asyncio.get_running_loop()
        await self._renew(saying, hearing)
        self._renew_at = loop.time() + RENEW_SECONDS
        while not self._is_deaf:
            if loop.time() >= self._renew_at:
                self._renew_at = loop.time() + RENEW_SECONDS
                if not await self._renew(saying, hearing):
                    # Stopped for so long that the others think it dead; or it is their
                    # engine that forgot.
                    self._listener.joined()
            await self._subscribe(hearing)
            await self._publish(saying)
            try:
                async with asyncio.timeout_at(self._renew_at):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()

    async def _renew(self, saying: Connection, hearing: Connection) -> bool:
        """Renew the lease; return whether it still had one."""
        if time.monotonic() - self._heard_at > SILENT_SECONDS:
            raise TimeoutError("it does not answer")
        await _tell(hearing, "PING")
        lease = int(LEASE_SECONDS * 1000)
        await _tell(saying, "EVAL", _RENEW, 1, self._leases, self.name, lease)
        had, leases = await saying.read_response()
        names, left = leases[::2], leases[1::2]
        nodes = {name.decode(): ms / 1000 for name, ms in zip(names, left, strict=True)}
        nodes.pop(self.name, None)
        self._listener.living(nodes)
        return bool(had)

    async def _subscribe(self, hearing: Connection) -> None:
        """Tell the engine which rooms are followed now, and which are not any more."""
        changed, self._changed = self._changed, {}
        wanted, unwanted = [], []
        for key in changed:
            if key not in self._followed:
                unwanted.append(key)
            elif key not in self._subscribed:
                wanted.append(key)
            else:
                self._confirm(self._room + key)  # unfollowed for a moment
        unwanted = [key for key in unwanted if key in self._subscribed]
        for command, keys in (("UNSUBSCRIBE", unwanted), ("SUBSCRIBE", wanted)):
            for start in range(0, len(keys), AT_ONCE):
                part = keys[start : start + AT_ONCE]
                await _tell(hearing, command, *(self._room + key for key in part))
        self._subscribed.difference_update(unwanted)
        self._subscribed.update(wanted)

    async def _publish(self, saying: Connection) -> None:
        """Say all that waits, as few commands."""
        if len(self._waiting) >= MOST_WAITING:
            raise TimeoutError("it takes news too slowly")
        waiting, self._waiting = self._waiting, []
        said: list[str | bytes] = []
        for each in waiting:
            if isinstance(each, tuple):
                channel, news = each
                said += (channel, self._own + _encode(news))
            else:
                for room_key, committed in by_room(each).items():
                    said += (self._room + room_key, self._own + _encode(committed))
        for start in range(0, len(said), 2 * AT_ONCE):
            await _tell(saying, "EVAL", _SAY, 0, *said[start : start + 2 * AT_ONCE])
            await saying.read_response()

    def _say_gone(self, error: BaseException) -> None:
        # Once, not for every attempt.
        if not self._is_gone:
            log.warning(
                "the broker at %s cannot be reached, this node goes on alone: %s",
                self._engine,
                error,
            )
        self._is_gone = True

    def _say_well(self) -> None:
        if self._is_gone:
            log.warning("the broker at %s can be reached again", self._engine)
        self._is_gone = False


@contextmanager
def _lost() -> Iterator[None]:
    """Take for a lost link what is raised where one is lost at the worst moment."""
    try:
        yield
    except (AttributeError, RuntimeError) as error:
        # redis-py trips over a link that the other task found lost and let go of; uvloop
        # refuses to write to one that the engine has closed.
        raise ConnectionError("the link was lost") from error


async def _tell(link: Connection, *command: str | bytes | int) -> None:
    with _lost():
        await link.send_command(*command)


def engine_of(url: str) -> str:
    """Return where the engine is, without the password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 6379}"
