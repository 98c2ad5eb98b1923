"""The other series of Spellman generators: each word means what its own manual says."""

import asyncio

import pytest
from pydantic import ValidationError

from drivers.spellman import Spellman, SpellmanSettings
from drivers.spellman_profiles import PROFILES, SLM, XRB011, XRV
from edge.core.values import Input, Quality
from edge.errors import DeviceRefused, DeviceUnreachable
from edge.ports import XraySource
from simulator.devices.spellman import Generator
from simulator.hall.plant import Plant
from simulator.hall.tube import Fault
from tests.unit.drivers.emulated_line import Bench, run_emulated

GIVEN = {
    "XRV": {"kv_max": 160.0, "ma_max": 10.0},
    "SLM": {
        "kv_max": 70.0,
        "ma_max": 8.5,
        "monitor_overrange": 1.2,
        "warm_up_s": 0,
        "seen_98_99": True,
    },
    "XRB011": {"kv_max": 80.0, "ma_max": 0.7, "ma_per_count": 0.001},
}


def closed_plant() -> Plant:
    plant = Plant()
    plant.actuators.relay_closed = True
    return plant


def perform(series: str, act, *, behind: str = "", **more: object) -> Bench:
    """Run a driver of one series on a generator of the same, or of another."""
    given = GIVEN[series]
    maker = GIVEN[behind or series]
    generator = Generator(
        closed_plant(), series=behind or series, kv_max=maker["kv_max"], ma_max=maker["ma_max"]
    )
    settings = {"series": series, **given, **more}
    return run_emulated(generator, Spellman, SpellmanSettings, settings, act)


async def wait(_: Bench) -> None:
    await asyncio.sleep(1)


def asked(bench: Bench) -> list[str]:
    return [frame[1:-2].decode() for frame in bench.heard]


@pytest.mark.parametrize("series", ["XRV", "SLM", "XRB011"])
def test_a_scan_is_prepared_switched_on_and_off(series: str) -> None:
    async def act(bench: Bench) -> None:
        assert isinstance(bench.device, XraySource)
        tube = bench.endpoint.tube
        await asyncio.sleep(1)
        await bench.device.prepare(kv=60.0, ma=0.5)
        await bench.device.hv_on()
        await asyncio.sleep(1)
        assert tube.kv == pytest.approx(60.0, rel=0.001)
        assert bench.sink.last("dev.hv").value is Input.BLOCKED
        await bench.device.hv_off()
        assert tube.kv == 0
        await asyncio.sleep(0.5)

    bench = perform(series, act)
    assert bench.sink.last("dev.hv").value is Input.OK
    assert bench.sink.events == []


@pytest.mark.parametrize("series", ["XRV", "SLM", "XRB011"])
def test_the_last_word_switches_off_by_the_command_of_the_series(series: str) -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(0.5)
        await bench.device.prepare(kv=60.0, ma=0.5)
        await bench.device.hv_on()
        await asyncio.sleep(0.5)

    bench = perform(series, act)
    assert asked(bench)[-1] == ("99,0," if series == "XRB011" else "98,0,")
    assert not bench.endpoint.tube.requested


@pytest.mark.parametrize(
    ("series", "behind"),
    [(one, other) for one in GIVEN for other in GIVEN if one != other],
)
def test_a_generator_of_another_series_is_refused_and_never_switched_on(
    series: str, behind: str
) -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(2)
        with pytest.raises(DeviceUnreachable):
            await bench.device.hv_on()

    bench = perform(series, act, behind=behind)
    assert bench.sink.events == ["lost dev"]
    assert not {"98,1,", "99,1,"} & set(asked(bench))


@pytest.mark.parametrize("model", ["SLM", "X9999", "SLM70", "DXM70P600", "XSLM70P600", "70P600"])
def test_an_unknown_model_is_refused(model: str) -> None:
    async def act(bench: Bench) -> None:
        bench.endpoint.model = model
        await asyncio.sleep(1)

    bench = perform("SLM", act)
    assert f"model '{model}' is no SLM" in bench.sink.details[0]


def test_the_model_of_an_slm_says_its_kilovolts_and_they_must_be_the_lane_files() -> None:
    bench = perform("SLM", wait, kv_max=100.0)
    assert "full scale is 70.0 kV, the lane file says 100.0" in bench.sink.details[0]


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("series", ["XRV", "SLM"])
def test_an_open_interlock_is_blocked_whichever_way_the_series_says_it(
    series: str, is_open: bool
) -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(0.3)
        await bench.device.prepare(kv=60.0, ma=0.5)
        bench.endpoint.tube._plant.actuators.relay_closed = not is_open
        await asyncio.sleep(1)

    state = Input.BLOCKED if is_open else Input.OK
    sink = perform(series, act).sink
    assert sink.last("dev.interlock").value is state
    assert sink.last("dev.interlock_1").value is state
    assert sink.last("dev.ready").value is Input.OK


def test_an_slm_reads_its_monitors_by_the_overrange_of_the_lane_file() -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(0.5)
        await bench.device.prepare(kv=70.0, ma=4.25)
        await bench.device.hv_on()
        await asyncio.sleep(1)

    sink = perform("SLM", act).sink
    assert sink.last("dev.kv").value == pytest.approx(70.0, rel=0.001)
    assert sink.last("dev.ma").value == pytest.approx(4.25, rel=0.001)


def test_faults_of_an_slm_are_numbered_since_their_names_are_not_published() -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(0.5)
        bench.endpoint.tube.fail(Fault.OVER_VOLTAGE)
        await asyncio.sleep(0.5)
        assert bench.sink.last("dev.fault_names").value == "fault_3"
        assert bench.sink.last("dev.source_fault").value is Input.BLOCKED
        assert bench.sink.last("dev.ready").value is Input.BLOCKED
        await bench.device.reset_faults()
        await asyncio.sleep(0.5)

    assert perform("SLM", act).sink.last("dev.source_fault").value is Input.OK


def test_the_watchdog_of_an_slm_is_armed_fed_and_proven_by_its_flag() -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(1)
        assert bench.sink.last("dev.watchdog").value is Input.OK
        bench.endpoint.tube.watchdog_ms = 0
        await asyncio.sleep(1)
        assert bench.sink.last("dev.watchdog").value is Input.BLOCKED

    bench = perform("SLM", act)
    assert "89,1," in asked(bench)
    assert asked(bench).count("88,") > 10


def test_the_watchdog_of_an_xrb011_is_armed_behind_its_password() -> None:
    bench = perform("XRB011", wait, watchdog_s=2)
    sent = asked(bench)
    assert sent[:6] == ["99,0,", "98,", "99,0,", "98,", "31,4343,", "28,2,"]
    assert bench.endpoint.tube.watchdog_ms == 2000
    # It was ordered, and nothing shows that it is so.
    said = bench.sink.last("dev.watchdog")
    assert (said.value, said.quality) == (Input.UNKNOWN, Quality.UNCERTAIN)
    assert "armed again" in said.detail


def test_a_watchdog_that_shows_nothing_is_armed_again_every_minute() -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(1)
        bench.endpoint.tube.watchdog_ms = 0
        await asyncio.sleep(61)

    bench = perform("XRB011", act, watchdog_s=2)
    assert asked(bench).count("31,4343,") == 2
    assert bench.endpoint.tube.watchdog_ms == 2000


@pytest.mark.parametrize("series", ["SLM", "XRB011"])
def test_a_dead_lane_logic_lets_the_watchdog_of_the_generator_act(series: str) -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(0.5)
        await bench.device.prepare(kv=60.0, ma=0.5)
        await bench.device.hv_on()
        await asyncio.sleep(0.5)
        bench.alive = False
        await asyncio.sleep(0.2)
        bench.heard.clear()
        await asyncio.sleep(6)
        assert bench.heard == []
        assert bench.endpoint.tube.latched is Fault.WATCHDOG
        assert bench.endpoint.tube.kv == 0

    perform(series, act)


@pytest.mark.parametrize("series", ["XRV", "SLM", "XRB011"])
def test_a_generator_that_is_only_looked_at_takes_no_order_but_hv_off(series: str) -> None:
    async def act(bench: Bench) -> None:
        bench.device.only_looked_at = True
        await asyncio.sleep(0.5)
        for order in (bench.device.hv_on, bench.device.reset_faults):
            with pytest.raises(DeviceRefused, match="only looked at"):
                await order()
        with pytest.raises(DeviceRefused, match="only looked at"):
            await bench.device.prepare(kv=60.0, ma=0.5)
        bench.heard.clear()
        await bench.device.hv_off()
        assert ("99,0," if series == "XRB011" else "98,0,") in asked(bench)

    perform(series, act)


def test_the_kilovolts_of_an_xrb011_are_tenths() -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(0.5)
        await bench.device.prepare(kv=80.0, ma=0.5)

    # Manual 118150-001 p. 13: for 80 kV, 800.
    sent = asked(perform("XRB011", act))
    assert "10,800," in sent
    assert "11,500," in sent


def test_what_nobody_published_of_an_xrb011_is_unknown_and_nothing_can_rest_on_it() -> None:
    sink = perform("XRB011", wait).sink
    for field in ("ready", "interlock", "source_fault"):
        reading = sink.last(f"dev.{field}")
        assert (reading.value, reading.quality) == (Input.UNKNOWN, Quality.BAD)
        assert "not published" in reading.detail
    assert sink.last("dev.kv").value is None
    assert sink.last("dev.hv").value is Input.OK


def test_faults_of_an_xrb011_are_reset_at_the_generator() -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(0.5)
        with pytest.raises(DeviceRefused, match="Reset it at the generator"):
            await bench.device.reset_faults()

    assert "31," not in asked(perform("XRB011", act))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"series": "SLM"}, "kv_max, ma_max, monitor_overrange, warm_up_s, seen_98_99"),
        ({"series": "XRB011", "kv_max": 80.0, "ma_max": 0.7}, "needs ma_per_count"),
        ({"series": "XRV", "monitor_overrange": 1.0}, "monitor_overrange is not for series XRV"),
        ({"series": "XRB011", **GIVEN["XRB011"], "monitor_overrange": 1.0}, "is not for series"),
        ({"series": "DXM"}, "series"),
    ],
)
def test_what_a_series_does_not_tell_has_no_default(given: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        SpellmanSettings.model_validate({"port": "wires/source", **given})


def test_no_profile_switches_by_a_command_it_also_asks_with() -> None:
    for profile in (XRV, SLM, XRB011):
        asks = {profile.status, profile.model, profile.scaling, profile.fault, *profile.monitors}
        orders = {profile.switch_hv, profile.remote, profile.reset, profile.set_kv, profile.set_ma}
        assert not (asks & orders) - {None}
        assert profile.hv.place < profile.statuses
    assert set(PROFILES) == {"XRV", "SLM", "XRB011"}


def test_a_refused_tickle_is_doubt_and_then_a_loss() -> None:
    def spoil(answer: bytes) -> bytes:
        return b"\x0288,2,\x49\x03" if answer.startswith(b"\x0288,") else answer

    async def act(bench: Bench) -> None:
        await asyncio.sleep(1)
        bench.spoil = spoil
        await asyncio.sleep(4)

    sink = perform("SLM", act).sink
    assert sink.events == ["lost dev"]
    assert sink.last("dev.ready").value is Input.UNKNOWN


@pytest.mark.parametrize("flags", ["", "0", ",".join(["0"] * 19), ",".join(["0"] * 21)])
def test_an_slm_says_its_twenty_fault_flags_or_nothing_is_known_of_its_faults(flags: str) -> None:
    async def act(bench: Bench) -> None:
        bench.endpoint._handlers["faults"] = lambda _: tuple(flags.split(","))
        await asyncio.sleep(2)

    sink = perform("SLM", act).sink
    assert {*sink.values("dev.source_fault")} == {Input.UNKNOWN}


def test_an_slm_is_ready_only_when_remote_without_fault_and_seen_for_its_warm_up() -> None:
    said: list[object] = []

    async def act(bench: Bench) -> None:
        async def look() -> None:
            await asyncio.sleep(0.3)
            said.append(bench.sink.last("dev.ready").value)

        await asyncio.sleep(0.3)
        await look()
        await bench.device.prepare(kv=60.0, ma=0.5)
        await look()
        await asyncio.sleep(10)
        await look()
        bench.endpoint.tube.fail(Fault.OVER_VOLTAGE)
        await look()

    perform("SLM", act, warm_up_s=10)
    assert said == [Input.BLOCKED, Input.UNKNOWN, Input.OK, Input.BLOCKED]


def test_commands_that_no_manual_confirms_are_confirmed_at_commissioning() -> None:
    given = {"port": "wires/source", "series": "SLM", **GIVEN["SLM"]}
    assert SpellmanSettings.model_validate(given).seen_98_99 is True
    for said in (False, None):
        with pytest.raises(ValidationError, match="seen_98_99"):
            SpellmanSettings.model_validate({**given, "seen_98_99": said})
