"""What `scanlane device list` says a Modbus device publishes is what its driver publishes.

Kinds of the cargo lane are told of by `wire/test_device_commands`; of those with a line of their
own `unit/cabinet/test_driver_look` waits for every field.
"""

import asyncio
from collections.abc import Callable

import pytest

from drivers.registry import KINDS
from tests.unit.drivers import test_iologik, test_linac_sim, test_sinamics_v20, test_ups_modbus
from tests.unit.drivers.emulated_modbus import Emulated
from tests.unit.drivers.fake_modbus import Recorder


async def wait(bench) -> Recorder:
    await asyncio.sleep(1)
    return bench.sink


def v20() -> Recorder:
    return test_sinamics_v20.on(Emulated(test_sinamics_v20.drive()), wait)


def ups() -> Recorder:
    return test_ups_modbus.on(test_ups_modbus.ups(), wait)


def linac() -> Recorder:
    return test_linac_sim.on(test_linac_sim.far_linac(), wait)


def remote_io() -> Recorder:
    return test_iologik.on(test_iologik.remote_io(), wait)


NAMED = {f"<{part}>": set(test_iologik.GIVEN[part]) for part in ("inputs", "counters", "outputs")}


@pytest.mark.parametrize(
    ("kind", "sink_of"),
    [("sinamics_v20", v20), ("ups_modbus", ups), ("linac_sim", linac), ("iologik", remote_io)],
)
def test_what_is_listed_as_published_is_what_the_driver_publishes(
    kind: str, sink_of: Callable[[], Recorder]
) -> None:
    about = KINDS[kind].about
    listed = {field for words in about.publishes for field in NAMED.get(words, {words})}
    published = {each.source.removeprefix("dev.") for each in sink_of().readings}
    assert published - set(about.tells) == listed
