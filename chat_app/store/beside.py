"""A thread for what waits for the disk."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

_Call = Callable[..., object]
_Job = tuple[asyncio.AbstractEventLoop, asyncio.Future[None], _Call, tuple[object, ...]]


class Beside:
    """Makes calls for the loop in a thread of its own, one after the other.

    As `loop.run_in_executor` does with one thread, but that goes by a second future and
    several locks, which take about as long as to insert a message (docs/decisions/0002).
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        Thread(target=self._work, name=name, daemon=True).start()

    def run(self, call: _Call, *args: object) -> asyncio.Future[None]:
        """Have a call made; return what is done when it is, or has what it raised."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._jobs.put((loop, done, call, args))
        return done

    def end(self) -> None:
        """End the thread when all calls have been made."""
        self._jobs.put(None)

    def _work(self) -> None:
        while job := self._jobs.get():
            loop, done, call, args = job
            failure = None
            try:
                call(*args)
            except BaseException as error:  # noqa: BLE001  # whoever awaits it has it
                failure = error
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody awaits it
                loop.call_soon_threadsafe(_settle, done, failure)


def _settle(done: asyncio.Future[None], failure: BaseException | None) -> None:
    if done.cancelled():
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)
