"""How much one user or one address may take. A limit of 0 is off."""

import ipaddress
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from chat_app.errors import RateLimited, TooManyConnections, TooManyRooms, TooManyTries

HOUR_SECONDS: Final = 3600.0
MINUTE_SECONDS: Final = 60.0
_REMEMBERED: Final = 10_000


class MessageRate:
    """A token bucket for each user: `burst` messages at once, `rate` a second for long."""

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        # When each user's bucket is full again: one number says how much is in it.
        self._full_at: dict[str, float] = {}
        # Messages taken since `used` was asked, where another node is to know.
        self._used: dict[str, int] | None = None
        self._look_at = _REMEMBERED  # buckets, and those that are full again are dropped

    def wait(self, user_id: str) -> float:
        """Take one message; return 0, or, taking nothing, the seconds until there is one."""
        if not self._rate:
            return 0.0
        now = self._clock()
        full_at = max(self._full_at.get(user_id, now), now)
        missing = (full_at - now) * self._rate + 1 - self._burst
        if missing > 1e-9:
            return missing / self._rate
        if len(self._full_at) >= self._look_at:
            self._full_at = {user: at for user, at in self._full_at.items() if at > now}
            # Where none is full, a look at every message would cost more than any message.
            self._look_at = max(_REMEMBERED, 2 * len(self._full_at))
        self._full_at[user_id] = full_at + 1 / self._rate
        if self._used is not None:
            self._used[user_id] = self._used.get(user_id, 0) + 1
        return 0.0

    def give_back(self, user_id: str) -> None:
        """Undo a `wait` that took one."""
        if user_id in self._full_at:
            self._full_at[user_id] -= 1 / self._rate
            if self._used is not None:
                self._used[user_id] = self._used.get(user_id, 0) - 1

    def used(self) -> dict[str, int]:
        """Return how many each user took since this was asked last. From the first time on
        that is kept."""
        used, self._used = self._used or {}, {}
        return used

    def used_elsewhere(self, used: Mapping[str, int]) -> None:
        """Count what users took on other nodes; it may be more than there was."""
        now = self._clock()
        for user_id, count in used.items() if self._rate else ():
            full_at = max(self._full_at.get(user_id, now), now)
            self._full_at[user_id] = full_at + count / self._rate


class Turns:
    """Slow mode: when each user may speak again in each of the rooms that have it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._again_at: dict[tuple[str, str], float] = {}
        self._most = _REMEMBERED

    def wait(self, room_key: str, user_id: str, seconds: int) -> float:
        """Take the user's turn; return 0, or, taking nothing, the seconds until it comes.

        `seconds`: from one turn to the next, as the room has it now; 0 is off.
        """
        if not seconds:
            return 0.0
        now = self._clock()
        wait = self._again_at.get((room_key, user_id), now) - now
        if wait > 0:
            return min(wait, seconds)  # it may have been slower then
        if len(self._again_at) >= self._most:
            self._again_at = {who: at for who, at in self._again_at.items() if at > now}
            # Doubled, not fixed: where nobody can be forgotten, no turn looks through all again.
            self._most = max(_REMEMBERED, 2 * len(self._again_at))
        self._again_at[room_key, user_id] = now + seconds
        return 0.0


class MessageLimit:
    """How fast people may speak: the one rule for sockets and forms.

    Each user has a bucket. A guest costs nothing: whoever wants another bucket takes another
    cookie. So all guests of one address, that is IPv4 address or IPv6 /64, share
    `guests_a_minute` besides. A `rate` of 0 turns both off.
    """

    def __init__(
        self,
        rate: float,
        burst: int,
        guests_a_minute: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on = rate > 0
        self.users = MessageRate(rate, burst, clock)
        together = guests_a_minute / MINUTE_SECONDS if rate else 0.0
        self.guests = MessageRate(together, guests_a_minute, clock)

    def wait(self, user_id: str, guest_from: str) -> float:
        """Take one message; return 0, or, taking nothing, the seconds until there is one.

        `guest_from`: the `network_of` a guest, "" for an account.
        """
        if not self._on:
            return 0.0
        wait = self.users.wait(user_id)
        if guest_from and not wait and (wait := self.guests.wait(guest_from)):
            self.users.give_back(user_id)
        return wait

    def take(self, user_id: str, guest_from: str) -> None:
        """Take one message as `wait` does. Raises RateLimited where there is none."""
        if wait := self.wait(user_id, guest_from):
            raise too_fast(wait)


def too_fast(wait: float) -> RateLimited:
    """Return the refusal of a message that may be sent after `wait` seconds."""
    return RateLimited("You are sending too fast.", retry_ms=int(wait * 1000) + 1)


class ConnectionsPerAddress:
    """Counts the sockets of each IPv4 address and IPv6 /64: one household has a whole /64.

    At most `limit` at a time, and at most `handshakes` in a minute: who comes back all the
    time costs more than who stays.
    """

    def __init__(
        self, limit: int, handshakes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._open: Counter[str] = Counter()
        self._handshakes = MessageRate(handshakes / MINUTE_SECONDS, handshakes, clock)

    def enter(self, address: str) -> str:
        """Count one more; return what `leave` wants. Raises TooManyConnections."""
        network = network_of(address)
        if wait := self._handshakes.wait(network):
            retry_ms = math.ceil(wait) * 1000
            raise TooManyConnections("Your address connects too often.", retry_ms=retry_ms)
        if self._limit and self._open[network] >= self._limit:
            raise TooManyConnections("Too many connections from your address.", retry_ms=30_000)
        self._open[network] += 1
        return network

    def leave(self, network: str) -> None:
        self._open[network] -= 1
        if not self._open[network]:
            del self._open[network]


class Tries:
    """At most `most` tries of one key within `seconds`; they come back one by one."""

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = MessageRate(most / seconds, most, clock)

    def take(self, key: str) -> None:
        """Take one. Raises TooManyTries, which says when there is one again."""
        if wait := self.rate.wait(key):
            seconds = math.ceil(wait)
            raise TooManyTries(
                "Too many tries. Please wait {seconds} seconds.",
                retry_ms=seconds * 1000,
                seconds=seconds,
            )

    def give_back(self, key: str) -> None:
        """Have one that was taken not count after all."""
        self.rate.give_back(key)


class NewRooms:
    """Counts the rooms that each user, and each address, makes in an hour.

    A room is made by its first message, and stays: it is more than a message.
    """

    def __init__(
        self, per_user: int, per_address: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.users = MessageRate(per_user / HOUR_SECONDS, per_user, clock)
        self.networks = MessageRate(per_address / HOUR_SECONDS, per_address, clock)

    def take(self, user_id: str, network: str) -> None:
        """Count a new room. Raises TooManyRooms, which says when there may be another."""
        wait = self.users.wait(user_id)
        if not wait and (wait := self.networks.wait(network)):
            self.users.give_back(user_id)
        if wait:
            minutes = math.ceil(wait / 60)
            raise TooManyRooms(
                "Too many new rooms. Please wait {minutes} minutes.",
                retry_ms=minutes * 60_000,
                minutes=minutes,
            )


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """Return what the callers from one household share: the IPv4 address, or the IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
