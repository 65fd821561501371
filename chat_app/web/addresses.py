"""Who really calls: address and scheme, through proxies that are trusted."""

import ipaddress
from collections.abc import Sequence

from aiohttp import web


def caller(request: web.Request, trusted_proxies: Sequence[str]) -> tuple[str, str]:
    """Return (address, scheme) of the visitor.

    X-Forwarded-* counts only where the peer is a trusted proxy; then the visitor is
    the right-most address that is not one, since all to the left of it is hearsay.
    """
    address, scheme = request.remote or "", request.scheme
    networks = [ipaddress.ip_network(network) for network in trusted_proxies]
    if not networks or not _is_in(address, networks):
        return address, scheme
    forwarded = request.headers.get("X-Forwarded-Proto", scheme).rpartition(",")[2].strip()
    if forwarded in ("http", "https"):
        scheme = forwarded
    hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
    for hop in reversed([hop.strip() for hop in hops]):
        if not hop:
            continue
        address = hop
        if not _is_in(hop, networks):
            break
    return address, scheme


def _is_in(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
