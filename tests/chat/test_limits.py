import pytest

from chat_app.chat.limits import ConnectionsPerAddress, MessageRate
from chat_app.errors import TooManyConnections


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_burst_then_one_at_a_time(clock):
    rate = MessageRate(2.0, 3, clock)
    assert [rate.wait("ann") for _ in range(3)] == [0, 0, 0]
    assert rate.wait("ann") == pytest.approx(0.5)
    assert rate.wait("ann") == pytest.approx(0.5)  # asking costs nothing
    clock.now += 0.5
    assert rate.wait("ann") == 0
    assert rate.wait("ann") == pytest.approx(0.5)


def test_the_bucket_fills_again_but_not_beyond_the_burst(clock):
    rate = MessageRate(1.0, 3, clock)
    for _ in range(3):
        rate.wait("ann")
    clock.now += 1000
    assert [rate.wait("ann") > 0 for _ in range(4)] == [False, False, False, True]


def test_each_user_has_a_bucket(clock):
    rate = MessageRate(1.0, 1, clock)
    assert rate.wait("ann") == 0
    assert rate.wait("ben") == 0
    assert rate.wait("ann") > 0


def test_zero_is_off(clock):
    rate = MessageRate(0, 1, clock)
    assert not any(rate.wait("ann") for _ in range(100))


def test_full_buckets_are_forgotten(clock):
    rate = MessageRate(1.0, 2, clock)
    for number in range(10_000):
        rate.wait(f"user {number}")
    clock.now += 10
    rate.wait("ann")
    assert len(rate._full_at) == 1


def test_an_address_is_counted_until_it_leaves():
    addresses = ConnectionsPerAddress(2)
    first, _ = addresses.enter("10.0.0.1"), addresses.enter("10.0.0.1")
    with pytest.raises(TooManyConnections):
        addresses.enter("10.0.0.1")
    addresses.enter("10.0.0.2")
    addresses.leave(first)
    addresses.enter("10.0.0.1")


def test_an_ipv6_household_is_one_address():
    addresses = ConnectionsPerAddress(1)
    addresses.enter("2001:db8:0:1::1")
    with pytest.raises(TooManyConnections):
        addresses.enter("2001:db8:0:1:ffff::2")
    addresses.enter("2001:db8:0:2::1")
    addresses.enter("::ffff:10.0.0.1")
    with pytest.raises(TooManyConnections):
        addresses.enter("10.0.0.1")


def test_zero_connections_is_off():
    addresses = ConnectionsPerAddress(0)
    for _ in range(100):
        addresses.enter("10.0.0.1")
