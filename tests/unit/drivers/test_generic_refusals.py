"""What a generic device may refuse, and what a refusal does to the others and to its outputs."""

import asyncio

import pytest

from edge.core.values import Quality
from edge.errors import DeviceRefused
from tests.unit.drivers.panel import panel
from tests.unit.drivers.test_generic import on

LIMIT, LEVEL = 20, 30
WRITES = (5, 16)


def refusing(far, code: int, functions) -> None:
    """Have the panel answer some functions with an exception."""
    execute = far._execute

    def answer(pdu: bytes) -> bytes:
        return bytes([pdu[0] | 0x80, code]) if pdu[0] in functions else execute(pdu)

    far._execute = answer


@pytest.mark.parametrize("code", [0x04, 0x06, 0x0A, 0x0B])
def test_a_device_that_is_broken_busy_or_dead_behind_a_gateway_is_lost(code):
    far = panel()

    async def main(bench):
        await asyncio.sleep(1)
        refusing(far, code, range(1, 20))
        await asyncio.sleep(2)
        return bench.sink

    assert on(far, main).events == ["lost dev"]


@pytest.mark.parametrize("code", [0x01, 0x02])
def test_only_what_a_device_does_not_have_is_bad_beside_good_ones(code):
    far = panel()

    async def main(bench):
        refusing(far, code, {2})
        await asyncio.sleep(2)
        return bench.sink

    sink = on(far, main)
    assert sink.events == []
    assert sink.last("dev.fan").quality is Quality.BAD
    assert sink.last("dev.temperature_c").quality is Quality.GOOD


def test_outputs_of_a_device_that_went_away_behind_its_gateway_do_not_come_back():
    far = panel()

    async def main(bench):
        await bench.device.set_field("level", "high")
        assert far.holding[LEVEL] == 2
        execute = far._execute
        refusing(far, 0x0B, range(1, 20))
        await asyncio.sleep(2)
        far._execute = execute
        await asyncio.sleep(2)
        return far.holding[LEVEL]

    assert on(far, main) == 1


def test_a_refresh_that_is_refused_makes_everything_safe():
    far = panel()

    async def main(bench):
        await bench.device.set_field("level", "high")
        await bench.device.set_field("horn", 1)
        execute = far._execute
        refusing(far, 0x04, {5})
        await asyncio.sleep(0.8)
        far._execute = execute
        await asyncio.sleep(1)
        return far.holding[LEVEL], far.coils[7]

    assert on(far, main) == (1, 0)


def test_a_device_that_refuses_every_write_is_lost():
    far = panel()

    async def main(bench):
        await asyncio.sleep(0.5)
        refusing(far, 0x04, WRITES)
        with pytest.raises(DeviceRefused):
            await bench.device.set_field("level", "high")
        await asyncio.sleep(3)
        return bench.sink.events

    assert on(far, main) == ["lost dev"]


def test_one_output_that_fails_keeps_no_other_from_its_safe_state():
    far = panel()

    async def main(bench):
        await bench.device.set_field("level", "high")
        await bench.device.set_field("horn", 1)
        execute = far._execute

        def answer(pdu: bytes) -> bytes:
            is_first = pdu[0] == 16 and pdu[1:3] == LIMIT.to_bytes(2, "big")
            return bytes([0x90, 4]) if is_first else execute(pdu)

        far._execute = answer
        await bench.cancel()
        return far.holding[LEVEL], far.coils[7]

    assert on(far, main) == (1, 0)
