"""Frames that are none: valid ones with their bytes mutated, known nonsense, broken wire.

Most are sent into the room of people who behave, and those never are a message, by
construction: a mutated frame that might by chance be one is not sent there. It is sent
into a room of its own, where what is in the log must be what some frame could have meant.
"""

import asyncio
import json
import random
import re
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from yarl import URL

from tests.faults.checker import Checker, read_log
from tests.faults.crowd import ROOM, Crowd
from tests.faults.rows import Progress, Result
from tests.faults.wire import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Wire,
    connected,
    framed,
    handshake,
)
from tests.servers import NO_LIMITS, serve

OPEN_ROOM = "anything goes"
FRAMES = 12  # sent on one connection, if it lives that long: most end at the fifth
WORKERS = 4
READERS = 5
RATE = 20.0
ANSWER_SECONDS = 20.0

VALID = tuple(
    json.dumps(frame, ensure_ascii=False).encode()
    for frame in (
        {"type": "post", "id": "abcdefgh-1", "message": "hello 안녕"},
        {"message": "hello"},
        {"type": "history", "id": "abcdefgh-2", "before": 12, "limit": 10},
        {"type": "resume", "epoch": "e" * 16, "since": 3, "limit": 100},
        {"type": "typing"},
        {"type": "pong"},
    )
)
# Never a message, whoever sends it.
NONSENSE = (
    b"",
    b" ",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'"message"',
    b"0" * 5000,
    b"-",
    b"NaN",
    b"1" * 5000,
    b'{"message":NaN}',
    b'{"message":' + b"1" * 5000 + b"}",
    b'{"message":null}',
    b'{"message":{"message":[]}}',
    b'{"message":""}',
    b'{"message":" \\n\\t"}',
    b'{"message":"\\u0001\\u001f"}',
    b'{"message":"\\u0000"}',
    b'{"message":"a\\u0000b"}',
    b'{"message":"\\ud800"}',
    b'{"message":"\\udc00\\ud800"}',
    b'{"message":"\xff"}',
    b'{"message":"\xed\xa0\x80"}',
    b'{"message":"' + b"x" * 4001 + b'"}',
    b'{"message":"' + b"x" * 65000 + b'"}',
    b'{"message":"' + b"x" * 66000 + b'"}',
    b'{"message":' + b"[" * 30000 + b"]" * 30000 + b"}",
    b"[" * 60000,
    b'{"a":' * 12000,
    b'{"type":"post"}',
    b'{"type":"post","message":7}',
    b'{"type":["post"],"message":null}',
    b'{"type":"history"}',
    b'{"type":"history","id":"short"}',
    b'{"type":"history","id":"abcdefgh","limit":0}',
    b'{"type":"history","id":"abcdefgh","limit":1e400}',
    b'{"type":"history","id":"abcdefgh","before":-1}',
    b'{"type":"history","id":"abcdefgh","before":9223372036854775808}',
    b'{"type":"history","id":"abcdefgh","before":18446744073709551616}',
    b'{"type":"resume","epoch":"x","since":9223372036854775808}',
    b'{"type":"resume","epoch":"\\ud800","since":0}',
    b'{"type":"resume","epoch":"x","since":-1}',
    b'{"type":"welcome"}',
    b'{"type":null}',
    b"\xef\xbb\xbf{}",
    b"\0",
    b"\xff" * 100,
)
REQUESTS = (
    b"GET /chat/lunch/?before=7 HTTP/1.1\r\nHost: x\r\nAccept-Language: ko, en;q=0.5\r\n"
    b"Cookie: guest=abc.def.ghi\r\n\r\n",
    b"POST /me/name HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Encoding: gzip\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\nname=abc",
    b"POST /me/name HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\n\r\n3\r\n--b\r\n0\r\n\r\n",
)
_STRIPPED = re.compile("[\x01-\x08\x0b-\x1f\x7f]")


def mutated(payload: bytes, chance: random.Random) -> bytes:
    """Return the bytes with a few of them replaced, put in, left out or doubled."""
    data = bytearray(payload)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[at : at + 1] = chance.randbytes(1)
            case 1:
                data[at:at] = chance.randbytes(chance.randint(1, 4))
            case 2:
                del data[at : at + chance.randint(1, 8)]
            case 3:
                data[at:at] = data[at : at + chance.randint(1, 16)]
            case 4:
                data[at : at + 1] = chance.choice((b'"', b"\\", b"{", b"]", b"0", b"\0", b"\\u0"))
    return bytes(data)


def meant(payload: bytes) -> set[str]:
    """Return every text that the bytes could be a message of: rather too many than too few."""
    texts: set[str] = set()

    def pairs(found: list[tuple[str, Any]]) -> None:
        texts.update(text for key, text in found if key == "message" and isinstance(text, str))

    try:
        text = payload.decode(errors="replace")
        json.loads(text, strict=False, object_pairs_hook=pairs, parse_int=len)
    except ValueError:
        return set()
    stripped = {_STRIPPED.sub("", text) for text in texts}
    return {text for text in stripped if text and not text.isspace()}


class Vandal:
    """Opens sockets and sends what is no frame, until the server ends them."""

    def __init__(self, base: URL, seed: str, checker: Checker) -> None:
        self.sent = 0
        self.connections = 0
        self.requests = 0
        self.could_mean: set[str] = set()
        self._base = base
        self._chance = random.Random(seed)
        self._checker = checker

    async def connection(self) -> None:
        """Send what fits one connection; what the server did not come to is not counted."""
        chance = self._chance
        wire = await connected(self._base)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                with suppress(ConnectionError):
                    if chance.random() < 0.1:
                        await self._request(wire)
                    else:
                        await self._frames(wire)
        except TimeoutError:
            self._checker.wrong("the server neither answered nor closed")
        finally:
            wire.close()

    async def _request(self, wire: Wire) -> None:
        """Send a mutated request; whatever it is answered with, it is no fault of the server."""
        request = self._chance.choice((*REQUESTS, handshake(self._base, ROOM)))
        broken = mutated(request, self._chance)
        await wire.send(broken)
        self.requests += 1
        # Half of a request is waited for: its end is that we go.
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                if await wire.answered() >= 500:
                    self._checker.wrong(f"{wire.status} for {broken!r}")

    async def _frames(self, wire: Wire) -> None:
        chance = self._chance
        full = chance.random() < 0.8
        room = ROOM if chance.random() < 0.8 else OPEN_ROOM
        await wire.send(handshake(self._base, room, full=full))
        if (status := await wire.answered()) != 101:
            self._checker.wrong(f"handshake answered with {status}")
            return
        self.connections += 1
        frames = [self._frame(room) for _ in range(FRAMES)]
        if chance.random() < 0.3:
            frames.append(self._broken_wire())
        await wire.send(b"".join(frames) + framed(b"the end", PING))
        answers = 0
        async for frame in wire.frames():
            if frame == (PONG, b"the end"):
                self.sent += len(frames)
                return
            if frame.opcode == TEXT:
                answers += frame.json()["type"] in ("error", "history", "resumed", "reset", "ack")
            elif frame.opcode == CLOSE:
                # The fifth that is malformed ends it; of a bare client's we know no more.
                self.sent += max(answers, 5 if frame.code == 4500 else 1)
                if frame.code not in (1002, 1007, 1009, 4500):
                    self._checker.wrong(f"closed with {frame.code}")
                return

    def _frame(self, room: str) -> bytes:
        chance = self._chance
        if chance.random() < 0.2:
            opcode = BINARY if chance.random() < 0.05 else TEXT
            return framed(chance.choice(NONSENSE), opcode)
        while True:
            payload = mutated(chance.choice(VALID), chance)
            texts = meant(payload)
            if room == OPEN_ROOM:
                self.could_mean |= texts
                return framed(payload)
            if not texts:
                return framed(payload)

    def _broken_wire(self) -> bytes:
        """Return a frame whose head is wrong, or whose length lies."""
        frame = bytearray(framed(self._chance.choice(VALID[2:])))
        frame[self._chance.randrange(2)] = self._chance.randrange(256)
        return bytes(frame)


async def malformed(
    folder: Path,
    seed: int,
    progress: Progress,
    *,
    frames: int,
    alone_seconds: float,
    program: Sequence[str] = ("run.py",),
) -> Result:
    """Send `frames` of them into the room of a crowd, having listened to it alone first."""
    checker = Checker()
    crowd = Crowd(seed, checker, RATE, 40)
    names = [f"bystander-{n}" for n in range(READERS)]
    progress.total = frames
    async with (
        serve(folder, *NO_LIMITS, program=program) as server,
        AsyncExitStack() as stack,
        asyncio.TaskGroup() as group,
    ):
        base = URL(server.url)
        talking = await crowd.gather(stack, group, base, names)
        await asyncio.sleep(alone_seconds)
        alone = crowd.p99()
        vandals = [Vandal(base, f"{seed} {number}", checker) for number in range(WORKERS)]

        async def vandalize(vandal: Vandal) -> None:
            while sum(one.sent for one in vandals) < frames:
                sent = vandal.sent
                await vandal.connection()
                progress.step("", by=vandal.sent - sent)

        async with asyncio.TaskGroup() as work:
            for vandal in vandals:
                work.create_task(vandalize(vandal))
        beside = crowd.p99()
        talking.cancel()
        with suppress(asyncio.CancelledError):
            await talking
        await crowd.caught_up(names)
        crowd.disperse()
    database = folder / "data" / "chat.db"
    _check_open_room(database, vandals, checker)
    violations = checker.verdict(database, [(name, ROOM) for name in names], besides=[OPEN_ROOM])
    figures = {
        "frames": sum(vandal.sent for vandal in vandals),
        "requests": sum(vandal.requests for vandal in vandals),
        "connections": sum(vandal.connections for vandal in vandals),
        "of the room's own, seen": checker.seen,
        "p99 alone, ms": alone,
        "p99 beside, ms": beside,
        "p99 added, ms": round(beside - alone, 1),
    }
    return Result(figures, violations)


def _check_open_room(database: Path, vandals: list[Vandal], checker: Checker) -> None:
    """What stands there is a text, and one that a frame could have meant."""
    could_mean = set().union(*(vandal.could_mean for vandal in vandals))
    log = read_log(database).get(OPEN_ROOM, {})
    if list(log) != list(range(1, len(log) + 1)) or not log:
        checker.wrong(f"{OPEN_ROOM}: seq is not 1..{len(log)}")
    for seq, entry in log.items():
        text = entry.text
        if text not in could_mean or len(text) > 4000 or "\0" in text:
            checker.wrong(f"{OPEN_ROOM}: {seq} is {text!r}, which nobody said")
