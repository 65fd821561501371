"""Who really calls: address and scheme, through proxies that are trusted."""

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from aiohttp import web

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Some proxies write the port too: "192.0.2.1:4711", "[2001:db8::1]:4711".
_WITH_PORT: Final = re.compile(r"\[([^\]]*)\](?::[0-9]+)?|([0-9.]+):[0-9]+")


def address_of(request: web.Request, trusted_proxies: Sequence[str]) -> tuple[str, str]:
    """Return (address, scheme) of the visitor.

    X-Forwarded-* counts only where the peer is a trusted proxy; then the visitor is
    the right-most address that is not one, since all to the left of it is hearsay. So is
    what is left of something that is no address: it counts for the proxy that passed it on.
    """
    address, scheme = request.remote or "", request.scheme
    networks = _networks(tuple(trusted_proxies))
    if not networks or not _is_in(_parsed(address), networks):
        return address, scheme
    forwarded = request.headers.get("X-Forwarded-Proto", scheme).rpartition(",")[2].strip()
    if forwarded in ("http", "https"):
        scheme = forwarded
    hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
    for hop in reversed([hop.strip() for hop in hops]):
        if not hop:
            continue
        parsed = _parsed(hop)
        if parsed is None:
            break
        address = str(parsed)
        if not _is_in(parsed, networks):
            break
    return address, scheme


@lru_cache(maxsize=8)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


def _parsed(text: str) -> Address | None:
    """Return the address in a text, IPv4 also where it is written as IPv6; None for no address."""
    if found := _WITH_PORT.fullmatch(text):
        text = found[1] or found[2] or ""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _is_in(address: Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)
