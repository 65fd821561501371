"""Who calls, as far as X-Forwarded-* can be believed."""

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from chat_app.web.addresses import address_of

PROXIES = ("127.0.0.1", "10.0.0.0/24", "2001:db8:ffff::/48")


def who(remote, *forwarded, proxies=PROXIES, proto=None):
    headers = CIMultiDict(("X-Forwarded-For", value) for value in forwarded)
    if proto is not None:
        headers["X-Forwarded-Proto"] = proto
    return address_of(make_mocked_request("GET", "/", headers).clone(remote=remote), proxies)


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (("192.0.2.1",), "192.0.2.1"),
        (("1.1.1.1, 192.0.2.1",), "192.0.2.1"),  # what the visitor wrote, and what the proxy saw
        (("1.1.1.1", "192.0.2.1"), "192.0.2.1"),  # the same in two headers
        (("192.0.2.1, 10.0.0.7, 10.0.0.8",), "192.0.2.1"),
        (("1.1.1.1, 10.0.0.7, 192.0.2.1, 10.0.0.8",), "192.0.2.1"),
        ((",".join(["1.1.1.1"] * 5000) + ", 192.0.2.1",), "192.0.2.1"),
        (("10.0.0.7",), "10.0.0.7"),
        ((" , ,192.0.2.1, ,",), "192.0.2.1"),
        (("192.0.2.1:4711",), "192.0.2.1"),
        (("[2001:db8::1]:4711",), "2001:db8::1"),
        (("[2001:DB8::1]",), "2001:db8::1"),
        (("::ffff:192.0.2.1",), "192.0.2.1"),
        (("192.0.2.1, ::ffff:10.0.0.7",), "192.0.2.1"),
        (("192.0.2.1, 2001:db8:ffff::9",), "192.0.2.1"),
        # What is no address: the proxy that passed it on answers for it.
        (("unknown",), "127.0.0.1"),
        (("1.1.1.1, unknown",), "127.0.0.1"),
        (("1.1.1.1, _hidden, 10.0.0.7",), "10.0.0.7"),
        (("1.1.1.1, 10.0.0.0/8",), "127.0.0.1"),
        (("1.1.1.1, 010.0.0.1",), "127.0.0.1"),
        (("x" * 8000,), "127.0.0.1"),
        ((), "127.0.0.1"),
        (("",), "127.0.0.1"),
    ],
)
def test_behind_a_trusted_proxy(forwarded, address):
    assert who("127.0.0.1", *forwarded)[0] == address


@pytest.mark.parametrize("remote", ["192.0.2.9", "10.0.1.1", "2001:db8::1", "", None])
def test_nobody_else_is_believed(remote):
    assert who(remote, "1.1.1.1", proto="https") == (remote or "", "http")
    assert who(remote, "127.0.0.1") == (remote or "", "http")


def test_without_proxies_nothing_is_believed():
    assert who("127.0.0.1", "1.1.1.1", proxies=(), proto="https") == ("127.0.0.1", "http")


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [("https", "https"), ("http, https", "https"), ("https, http", "http"), ("gopher", "http")],
)
def test_the_scheme_is_what_the_last_proxy_saw(proto, scheme):
    assert who("127.0.0.1", "192.0.2.1", proto=proto)[1] == scheme
