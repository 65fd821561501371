import pytest

from chat_app.chat.limits import ConnectionsPerAddress, MessageLimit, MessageRate, NewRooms, Tries
from chat_app.errors import RateLimited, TooManyConnections, TooManyRooms, TooManyTries


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
    addresses = ConnectionsPerAddress(2, 0)
    first, _ = addresses.enter("10.0.0.1"), addresses.enter("10.0.0.1")
    with pytest.raises(TooManyConnections):
        addresses.enter("10.0.0.1")
    addresses.enter("10.0.0.2")
    addresses.leave(first)
    addresses.enter("10.0.0.1")


def test_an_ipv6_household_is_one_address():
    addresses = ConnectionsPerAddress(1, 0)
    addresses.enter("2001:db8:0:1::1")
    with pytest.raises(TooManyConnections):
        addresses.enter("2001:db8:0:1:ffff::2")
    addresses.enter("2001:db8:0:2::1")
    addresses.enter("::ffff:10.0.0.1")
    with pytest.raises(TooManyConnections):
        addresses.enter("10.0.0.1")


def test_zero_connections_is_off():
    addresses = ConnectionsPerAddress(0, 0)
    for _ in range(100):
        addresses.enter("10.0.0.1")


def test_buckets_that_are_not_full_are_not_looked_through_at_every_message(clock):
    rate = MessageRate(0.001, 2, clock)
    for number in range(10_001):
        rate.wait(f"user {number}")
    assert rate._look_at >= 20_000
    assert rate.wait("user 0") == 0  # and none was forgotten
    assert rate.wait("user 0") > 0


def test_guests_of_one_address_share_a_bucket_and_accounts_do_not(clock):
    limit = MessageLimit(1.0, 2, 3, clock)
    assert [limit.wait(f"guest {n}", "10.0.0.1") for n in range(3)] == [0, 0, 0]
    assert limit.wait("guest 4", "10.0.0.1") == pytest.approx(20)
    assert limit.wait("guest 4", "10.0.0.2") == 0
    assert [limit.wait(f"account {n}", "") for n in range(5)] == [0] * 5
    with pytest.raises(RateLimited) as refused:
        limit.take("guest 5", "10.0.0.1")
    assert refused.value.retry_ms == pytest.approx(20_000, abs=2)


def test_what_is_refused_for_one_reason_is_not_counted_for_the_other(clock):
    limit = MessageLimit(1.0, 1, 2, clock)
    assert [limit.wait("ann", "here") > 0 for _ in range(5)] == [False, True, True, True, True]
    assert limit.wait("ben", "here") == 0  # Ann's refusals took none of the address's
    assert limit.wait("cat", "here") > 0
    clock.now += 30
    assert limit.wait("cat", "here") == 0  # nor the address's refusal one of hers


def test_a_rate_of_zero_counts_no_messages_at_all(clock):
    limit = MessageLimit(0, 1, 1, clock)
    assert not any(limit.wait("ann", "here") for _ in range(100))


def test_no_limit_for_guests_together_leaves_each_its_own(clock):
    limit = MessageLimit(1.0, 1, 0, clock)
    assert not any(limit.wait(f"guest {n}", "here") for n in range(100))
    assert limit.wait("guest 0", "here") > 0


def test_handshakes_are_counted_by_the_minute(clock):
    addresses = ConnectionsPerAddress(0, 3, clock)
    for _ in range(3):
        addresses.leave(addresses.enter("2001:db8::1"))
    with pytest.raises(TooManyConnections) as refused:
        addresses.enter("2001:db8::2")
    assert refused.value.retry_ms == 20_000
    addresses.enter("2001:db8:0:1::1")
    clock.now += 20
    addresses.enter("2001:db8::3")


def test_new_rooms_are_counted_by_user_and_by_address(clock):
    rooms = NewRooms(2, 3, clock)
    rooms.take("ann", "here")
    rooms.take("ann", "here")
    with pytest.raises(TooManyRooms, match="wait 30 minutes") as refused:
        rooms.take("ann", "elsewhere")
    assert refused.value.retry_ms == 30 * 60_000
    rooms.take("ben", "here")
    with pytest.raises(TooManyRooms):
        rooms.take("cat", "here")
    rooms.take("cat", "elsewhere")
    rooms.take("cat", "elsewhere")  # the refusal took none of hers


def test_no_limit_of_new_rooms():
    rooms = NewRooms(0, 0)
    for _ in range(100):
        rooms.take("ann", "here")


def test_tries_come_back_one_by_one(clock):
    tries = Tries(3, 900, clock)
    for _ in range(3):
        tries.take("ann")
    with pytest.raises(TooManyTries, match="wait 300 seconds") as refused:
        tries.take("ann")
    assert refused.value.retry_ms == 300_000
    tries.take("ben")
    tries.give_back("ann")
    tries.take("ann")
    clock.now += 300
    tries.take("ann")
    with pytest.raises(TooManyTries):
        tries.take("ann")
