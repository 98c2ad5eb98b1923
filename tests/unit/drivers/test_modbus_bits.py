"""Coils and discrete inputs on the bus: packed bits, single coils, and lies about them."""

import pytest

from drivers.modbus_requests import Request
from edge.errors import DeviceGarbled
from tests.unit.drivers.bus_bench import read, with_bus
from tests.unit.drivers.fake_modbus import FakeSlave


@pytest.fixture(params=["rtu", "tcp"])
def slave(request) -> FakeSlave:
    return FakeSlave(tcp=request.param == "tcp")


def write_coil(address: int, on: int) -> Request:
    return Request("relay", f"coil {address}", 1, 5, address, 1, (on,))


def test_bits_are_read_in_their_order_and_only_as_many_as_were_asked_for(slave):
    slave.discrete = {16: 1, 17: 0, 18: 1, 19: 1, 20: 0, 21: 0, 22: 0, 23: 0, 24: 1, 25: 1}
    slave.coils = {3: 1}

    async def main(bus, loop):
        discrete = await bus.exchange(read(16, 9, function=2))
        return discrete.registers, (await bus.exchange(read(3, function=1))).registers

    assert with_bus(slave, main) == ((1, 0, 1, 1, 0, 0, 0, 0, 1), (1,))


def test_a_coil_is_switched_by_the_words_of_the_specification():
    """Waveshare vector of the protocol manual: 01 05 00 00 FF 00 with CRC 8C 3A."""
    relay = FakeSlave()
    relay.coils = {0: 0}

    async def main(bus, loop):
        await bus.exchange(write_coil(0, 1))
        assert relay.coils == {0: 1}
        return (await bus.exchange(write_coil(0, 0))).registers

    assert with_bus(relay, main) == ()
    assert relay.frames[0] == bytes.fromhex("01 05 00 00 FF 00 8C 3A")
    assert relay.coils == {0: 0}


BIT_LIES = {
    "a coil echoed as off": (write_coil(3, 1), bytes([1, 5, 0, 3, 0, 0])),
    "another coil echoed": (write_coil(3, 1), bytes([1, 5, 0, 4, 0xFF, 0])),
    "two bytes of bits for one": (read(3, function=1), bytes([1, 1, 2, 1, 0])),
    "no byte of bits": (read(3, function=1), bytes([1, 1, 0])),
    "inputs for coils": (read(3, function=1), bytes([1, 2, 1, 1])),
}


@pytest.mark.parametrize("lie", BIT_LIES)
def test_a_false_answer_about_bits_is_garbage_and_never_data(slave, lie):
    slave.coils = {3: 0}
    request, body = BIT_LIES[lie]
    slave.harms = [lambda q, a: [(5, slave.frame(q, body))]]

    async def main(bus, loop):
        with pytest.raises(DeviceGarbled):
            await bus.exchange(request)
        return (await bus.exchange(read(3, function=1))).registers

    assert with_bus(slave, main) in ((0,), (1,))
