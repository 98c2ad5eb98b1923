"""A poll plan that does not fit its line is refused, with arithmetic anybody can repeat."""

import pytest

from drivers import generic, iologik, rs_s131, sinamics_v20, technix, ups_modbus
from drivers.altivar import AltivarSettings
from drivers.altivar import plan as drive_plan
from drivers.bus_plan import (
    LinePlan,
    Pace,
    Plan,
    modbus_read,
    modbus_write,
    pace_of_bus,
    pace_of_line,
)
from drivers.device_map_model import Table
from drivers.modbus_settings import RtuSettings, TcpSettings
from drivers.permit_board import PermitBoardSettings
from drivers.permit_board import plan as board_plan
from drivers.registry import build
from drivers.spellman import SpellmanSettings
from drivers.spellman_plan import plan as source_plan
from edge.errors import SettingsError
from tests.unit.drivers.device_bench import shipped_map
from tests.unit.drivers.panel import panel_map
from tests.unit.drivers.test_iologik import SETTINGS as REMOTE_IO
from tests.unit.drivers.test_registry import BUSES, DEVICES, around
from tests.unit.drivers.test_sinamics_v20 import SETTINGS as V20
from tests.unit.drivers.test_spellman_series import GIVEN as SERIES

READ_ONE = modbus_read("read", 10, 1)
"""8 bytes ask (unit, function, 2 x 2, CRC), 7 answer (unit, function, count, 2, CRC): 15."""
WRITE_ONE = modbus_write("write", 10, 1)
"""11 bytes ask (unit, function, 2 x 2, count, 2, CRC), 8 answer: 19."""


def rtu(baud: int, parity: str = "E", **more: int) -> Pace:
    return pace_of_bus(RtuSettings(kind="rtu", port="line", baud=baud, parity=parity, **more))


@pytest.mark.parametrize(
    ("pace", "exchange", "by_hand_ms"),
    [
        # 11 bits / 9600 = 1.14583 ms; 15 of them 17.1875; silence 3.5 x 1.14583 = 4.0104; 5.
        (rtu(9600), READ_ONE, 26.1979),
        # 19 x 1.14583 = 21.7708; 4.0104; 5.
        (rtu(9600), WRITE_ONE, 30.7813),
        # The device, too, has to let 3.5 characters pass before it answers: 17.1875 + 2 x 4.0104.
        (rtu(9600, turnaround_ms=1), READ_ONE, 25.2083),
        # 11 bits / 19200 = 0.572917 ms; 15 of them 8.59375; the bus keeps 4 where 2.005 is due; 5.
        (rtu(19_200), READ_ONE, 17.59375),
        # Without parity 10 bits / 19200 = 0.520833 ms; 15 of them 7.8125; 4; 5.
        (rtu(19_200, "N"), READ_ONE, 16.8125),
        # 11 bits / 115200 = 0.0954861 ms; 15 of them 1.43229; the bus keeps 4; 5.
        (rtu(115_200), READ_ONE, 10.43229),
        # 2 ms of silence are more than the 1.75 ms of a fast line; a device that answers at once
        # still keeps those: 1.43229 + 2 + 1.75.
        (rtu(115_200, silence_ms=2, turnaround_ms=1), READ_ONE, 5.18229),
        # Bytes take no time on TCP: the answer does.
        (pace_of_bus(TcpSettings(kind="tcp", host="plc")), READ_ONE, 5.0),
    ],
)
def test_an_exchange_takes_what_a_pencil_says(pace: Pace, exchange, by_hand_ms: float) -> None:
    assert pace.exchange_ms(exchange) == pytest.approx(by_hand_ms, abs=1e-4)


def test_the_drive_of_the_cargo_lane_takes_64_percent_of_its_bus() -> None:
    settings = AltivarSettings(kind="altivar", bus="drive", mm_per_rev=16.0)
    line = LinePlan(
        "buses.drive", rtu(19_200), {"belt": drive_plan(settings, shipped_map("altivar"))}
    )
    # Two reads of 17.59375 ms ten times a second, two writes of 19 x 0.572917 + 9 = 19.8854 ms and
    # one more read five times a second: 351.875 + 198.854 + 87.969 ms of every 1000.
    assert line.share == pytest.approx(0.638698, abs=1e-6)
    assert line.mistakes("lane.toml") == line.warnings("lane.toml") == []


@pytest.mark.parametrize(("bits", "answer"), [(1, 6), (8, 6), (9, 7), (16, 7)])
def test_eight_bits_take_one_byte_of_an_answer(bits: int, answer: int) -> None:
    # Unit, function, count, CRC around the bits.
    for table in (Table.COIL, Table.DISCRETE):
        read = modbus_read("read", 1, bits, table)
        assert (read.request_bytes, read.answer_bytes) == (8, answer)


def test_one_coil_is_written_and_echoed_in_eight_bytes() -> None:
    write = modbus_write("write", 1, 1, Table.COIL)
    assert (write.request_bytes, write.answer_bytes) == (8, 8)


def sizes(plan: Plan) -> list[tuple[str, float, int, int]]:
    return [(one.what, one.per_second, one.request_bytes, one.answer_bytes) for one in plan]


def test_a_v20_is_asked_two_registers_and_written_two() -> None:
    # 8 bytes ask, 5 + 4 answer; 9 + 4 write, 8 echo.
    assert sizes(sinamics_v20.plan(V20, shipped_map("sinamics_v20"))) == [
        ("read zsw", 10, 8, 9),
        ("write stw", 5, 13, 8),
        ("read watchdog_time", 5, 8, 9),
    ]


def test_a_remote_io_is_asked_bits_for_its_named_channels() -> None:
    plan = iologik.plan(REMOTE_IO, shipped_map("iologik"))
    table = {what: (asked, answered) for what, _, asked, answered in sizes(plan)}
    # Channels 0 to 5 are six bits in one byte; a counter is two registers.
    assert table["read di_0"] == (8, 6)
    assert table["read counter_3"] == (8, 9)
    assert {often for _, often, _, _ in sizes(plan)} == {10}


def test_a_generic_device_is_asked_its_slow_blocks_in_turn_and_refreshed_as_its_map_says() -> None:
    settings = generic.GenericSettings(kind="generic", bus="panel", map="panel.toml", poll_ms=100)
    plan = generic.plan(settings, panel_map())
    often = {one.what: one.per_second for one in plan}
    fast = [one for one in plan if one.per_second == 10]
    turn = [one for one in plan if one.what.startswith("read ") and one.per_second < 10]
    assert {one.what for one in fast} == {"read temperature_c", "read fan"}
    assert sum(one.per_second for one in turn) == pytest.approx(10)
    # The map asks for a refresh every 500 ms.
    assert {often[what] for what in often if what.startswith("write ")} == {2}
    unwatched = generic.plan(settings, panel_map(kind="none", prove=[]))
    assert [one for one in unwatched if one.what.startswith("write ")] == []


def test_a_ups_is_asked_once_a_second() -> None:
    settings = ups_modbus.UpsModbusSettings(kind="ups_modbus", bus="ups")
    (question,) = ups_modbus.plan(settings, shipped_map("ups_modbus"))
    assert question.per_second == 1


def test_a_technix_is_asked_its_status_twice_in_echoes_without_checksum() -> None:
    settings = technix.TechnixSettings(port="line", kv_max=100.0, ma_max=50.0)
    assert sizes(technix.plan(settings)) == [
        ("ask E", 10, len(b"E\r"), len(b"E255\r")),
        ("ask a1", 5, len(b"a1\r"), len(b"a14095\r")),
        ("ask a2", 5, len(b"a2\r"), len(b"a24095\r")),
    ]


def test_an_area_monitor_answers_in_a_line_of_37_characters() -> None:
    settings = rs_s131.RsS131Settings(port="line", alarm_above_mr_h=0.1)
    assert sizes(rs_s131.plan(settings)) == [("ask the dose rate", 2, 4, 37)]


@pytest.mark.parametrize(
    ("series", "asked"),
    [
        ("SLM", ["read status", "read monitors", "read monitors", "read faults", "tickle"]),
        ("XRB011", ["read status"]),
    ],
)
def test_a_series_is_asked_what_is_published_of_it(series: str, asked: list[str]) -> None:
    given = {"series": series, "port": "line", **SERIES[series]}
    plan = source_plan(SpellmanSettings.model_validate(given))
    assert [one.what for one in plan] == asked


def test_a_generator_s_longest_answers_are_counted() -> None:
    settings = SpellmanSettings(series="XRV", port="line")
    pace = pace_of_line(settings)
    plan = source_plan(settings)
    # STX "22," CSUM ETX; 17 flags "1," , 8 numbers "4095," and 27 flags behind the echo.
    assert [(asked, answered) for _, _, asked, answered in sizes(plan)] == [
        (6, 6 + 34),
        (6, 6 + 40),
        (6, 6 + 54),
    ]
    # 164 characters of 10 bits at 38400 and three answers of 5 ms, ten times a second.
    assert pace.share(plan) == pytest.approx((164 * 10 / 38.4 + 15) / 100)


def test_a_generator_on_tcp_sends_no_checksum_and_has_no_baud() -> None:
    settings = SpellmanSettings(series="XRV", port="socket://10.0.0.9:50001", framing="tcp")
    assert source_plan(settings)[0].request_bytes == len(b"\x0222,\x03")
    assert pace_of_line(settings).share(source_plan(settings)) == pytest.approx(0.15)


def test_the_permit_board_fits_its_usual_line_and_none_of_9600_baud() -> None:
    usual = PermitBoardSettings(port="line")
    # 29 bytes ask, 50 answer (PROTOCOL.md, vectors OFF and STATUS): 79 x 10 / 115200 = 6.8576 ms.
    share = pace_of_line(usual).share(board_plan(usual))
    assert share == pytest.approx((6.8576 + 5) / 45, abs=1e-5)
    slow = PermitBoardSettings(port="line", baud=9600)
    (mistake,) = LinePlan(
        "devices.board", pace_of_line(slow), {"board": board_plan(slow)}
    ).mistakes("f")
    assert (mistake.key, mistake.value) == ("devices.board.baud", "9600")


def line_of(polls_per_second: float, pace: Pace) -> LinePlan:
    return LinePlan("buses.drive", pace, {"belt": (modbus_read("read eta", polls_per_second, 1),)})


def test_a_plan_above_the_line_is_refused_with_the_arithmetic() -> None:
    # 50 reads of 26.1979 ms: 1309.9 ms in every second.
    (mistake,) = line_of(50, rtu(9600)).mistakes("lane.toml")
    assert (mistake.file, mistake.key, mistake.value) == ("lane.toml", "buses.drive.baud", "9600")
    for part in (
        "131.0 % of the line",
        "9600 baud 8E1, 11 bits a character, 4.01 ms silence, 5 ms turnaround",
        "belt 131.0 %",
        "read eta 50.0/s x 8+7 bytes 26.2 ms",
    ):
        assert part in mistake.reason
    assert "Raise baud" in mistake.remedy
    assert "devices.belt" in mistake.remedy


@pytest.mark.parametrize(
    ("polls_per_second", "refused", "warned"),
    [(139.9, 0, 0), (140.1, 0, 1), (199.9, 0, 1), (200.1, 1, 0)],
)
def test_above_70_percent_is_warned_of_and_above_100_refused(
    polls_per_second: float, refused: int, warned: int
) -> None:
    # By response time only: one poll of 5 ms is 0.5 % of a second.
    line = line_of(polls_per_second, pace_of_bus(TcpSettings(kind="tcp", host="plc")))
    assert (len(line.mistakes("f")), len(line.warnings("f"))) == (refused, warned)


def test_a_tcp_plan_is_judged_by_response_time_and_speaks_of_no_baud() -> None:
    (mistake,) = line_of(201, pace_of_bus(TcpSettings(kind="tcp", host="plc"))).mistakes("f")
    assert (mistake.key, mistake.value) == ("buses.drive.turnaround_ms", "5")
    assert "baud" not in str(mistake)


@pytest.mark.parametrize(
    ("baud", "silence_ms", "warned"), [(9600, 4, 0), (4800, 4, 1), (4800, 8, 0)]
)
def test_a_silence_below_three_and_a_half_characters_is_warned_of(
    baud: int, silence_ms: int, warned: int
) -> None:
    # 3.5 x 11 bits take 4.01 ms at 9600 baud and 8.02 ms at 4800.
    found = line_of(1, rtu(baud, silence_ms=silence_ms)).warnings("f")
    assert [one.key for one in found] == ["buses.drive.silence_ms"] * warned


def test_devices_on_one_bus_are_added_up_and_the_lane_is_refused(tmp_path) -> None:
    buses = {**BUSES, "sensors": {**BUSES["sensors"], "baud": 9600}}
    # Two curtains of 17 x 1.14583 + 9.0104 = 28.4896 ms: 57 % at 10 a second, 142 % at 25.
    fast = {name: {**DEVICES[name], "poll_ms": 40} for name in ("height", "width")}
    built = build(buses, DEVICES, around(tmp_path))
    assert built.warnings == []
    with pytest.raises(SettingsError) as caught:
        build(buses, {**DEVICES, **fast}, around(tmp_path))
    (mistake,) = caught.value.mistakes
    assert (mistake.file, mistake.key, mistake.value) == ("lane.toml", "buses.sensors.baud", "9600")
    assert "142.4 % of the line" in mistake.reason
    assert "height 71.2 %" in mistake.reason
    assert "devices.height, devices.width" in mistake.remedy


def test_no_line_of_the_cargo_lane_is_near_its_limit(tmp_path) -> None:
    assert build(BUSES, DEVICES, around(tmp_path)).warnings == []


def test_a_serial_server_takes_no_character_off_its_line() -> None:
    given = {"series": "XRV", "baud": 9600}
    direct = SpellmanSettings.model_validate({**given, "port": "line"})
    served = SpellmanSettings.model_validate({**given, "port": "socket://10.0.0.9:4001"})
    shares = [pace_of_line(one).share(source_plan(one)) for one in (direct, served)]
    assert shares[0] == shares[1] > 1
