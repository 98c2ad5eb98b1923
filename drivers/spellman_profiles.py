"""What each series of Spellman generators means by its commands and flags.

The meaning differs between series, so nothing outside a profile knows any: command 98 switches the
high voltage of an XRV and asks an XRB011 whether it is on; a 1 is a closed interlock on an XRV and
an open one on an SLM. A profile holds what was read in public about its series and nothing else;
what a series does not tell is a setting, or is never known.
"""

from dataclasses import dataclass
from typing import Literal

Series = Literal["XRV", "SLM", "XRB011"]
OVERRANGE = 1.2
"""Monitors of an XRV have 20 % overrange (XRV manual; the same in the public PyMeasure client)."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One argument of the status: its place, and the value at which it says what it is named."""

    place: int
    when: int = 1


@dataclass(frozen=True, slots=True)
class Profile:
    """One series. Commands are their numbers as sent; None is a command that is not published.

    Attributes:
        series: the name in the lane file.
        needs: settings that have no default, since the series does not tell them.
        model: asks for the model; ``models`` is what it must look like, and a group of it is the
            kilovolts of full scale.
        scaling: asks for full scale, kV and mA first.
        status: asks for ``statuses`` flags; ``interlocks`` say closed.
        monitors: what asks for kV and mA: one command with ``monitor_values`` numbers, or two.
        overrange: what the monitors' highest number is in full scales, None where a setting says.
        fault: asks for ``fault_flags`` flags; ``faults`` names them, empty where it is unknown.
        kv_per_count: of a set point, None where 4095 is full scale; likewise mA by a setting.
        watchdog_orders: what arms the watchdog; ``{s}`` stands for its seconds.
        tickle: what keeps the watchdog quiet besides anything else that is sent.
    """

    series: Series
    needs: tuple[str, ...]
    model: str | None
    models: str
    scaling: str | None
    status: str
    statuses: int
    hv: Flag
    interlocks: tuple[Flag, ...]
    fault_flag: Flag | None
    local: Flag | None
    ready: Flag | None
    watchdog: Flag | None
    monitors: tuple[str, ...]
    monitor_values: int
    overrange: float | None
    fault: str | None
    fault_flags: int
    faults: tuple[str, ...]
    set_kv: str
    set_ma: str
    kv_per_count: float | None
    read_kv: str | None
    read_ma: str | None
    reset: str | None
    switch_hv: str
    remote: str | None
    watchdog_orders: tuple[tuple[str, ...], ...]
    tickle: str | None


XRV = Profile(
    series="XRV",
    needs=(),
    model="26",
    models=r"XRV.*",
    scaling="28",
    status="22",
    statuses=17,
    hv=Flag(0),
    interlocks=(Flag(1), Flag(2), Flag(16)),
    fault_flag=Flag(4),
    local=Flag(5),
    ready=Flag(15),
    watchdog=None,
    monitors=("19",),
    monitor_values=8,
    overrange=OVERRANGE,
    fault="68",
    fault_flags=27,
    faults=(
        "filament_select", "over_temperature_near", "over_voltage", "under_voltage",
        "over_current", "under_current", "over_temperature_anode", "over_temperature_cathode",
        "inverter_anode", "inverter_cathode", "filament_feedback", "anode_arc", "cathode_arc",
        "cable_anode", "cable_cathode", "ac_line_anode", "ac_line_cathode", "dc_rail_anode",
        "dc_rail_cathode", "lvps_minus_15", "lvps_plus_15", "watchdog", "board_over_temperature",
        "over_power", "kv_difference", "ma_difference", "inverter_not_ready",
    ),
    set_kv="10",
    set_ma="11",
    kv_per_count=None,
    read_kv="14",
    read_ma="15",
    reset="31",
    switch_hv="98",
    remote="99",
    watchdog_orders=(),
    tickle=None,
)  # fmt: skip
"""XRV: rotating and stationary anode supplies; the numbers are those of PyMeasure's client."""

SLM = Profile(
    series="SLM",
    needs=("kv_max", "ma_max", "monitor_overrange", "warm_up_s", "seen_98_99"),
    model="26",
    models=r"SLM(\d{1,3})[A-Z]\d{2,4}",
    scaling=None,
    status="22",
    statuses=8,
    hv=Flag(0),
    interlocks=(Flag(1, when=0),),
    fault_flag=Flag(2),
    local=Flag(3, when=0),
    ready=None,
    watchdog=Flag(7),
    monitors=("60", "61"),
    monitor_values=1,
    overrange=None,
    fault="68",
    fault_flags=20,
    faults=(),
    set_kv="10",
    set_ma="11",
    kv_per_count=None,
    read_kv="14",
    read_ma="15",
    reset="31",
    switch_hv="98",
    remote="99",
    watchdog_orders=(("89", "1"),),
    tickle="88",
)
"""SLM modules: 10 to 27, the status and the 20 flags of 68 from manual 118080-001 p. 38-63.

**Not in the reference**, but in a public list of the series' commands only: 31, 60, 61, 88, 89, 98
and 99. That 98 switches and 99 takes it to remote is seen at commissioning and confirmed in the
lane file; 60 and 61 are scaled by a setting; without 88 and 89 it is lost, and its watchdog's flag
in the status is read. No flag says that it is warm, so how long that takes is a setting."""

XRB011 = Profile(
    series="XRB011",
    needs=("kv_max", "ma_max", "ma_per_count"),
    model=None,
    models="",
    scaling=None,
    status="98",
    statuses=1,
    hv=Flag(0),
    interlocks=(),
    fault_flag=None,
    local=None,
    ready=None,
    watchdog=None,
    monitors=(),
    monitor_values=0,
    overrange=None,
    fault=None,
    fault_flags=0,
    faults=(),
    set_kv="10",
    set_ma="11",
    kv_per_count=0.1,
    read_kv=None,
    read_ma=None,
    reset=None,
    switch_hv="99",
    remote=None,
    watchdog_orders=(("31", "4343"), ("28", "{s}")),
    tickle=None,
)
"""XRB011 monoblock, manual 118150-001 p. 13, 23, 27, 28, 51, 59: 31 is the password that opens the
user configuration, 28 the watchdog, 98 asks and 99 switches. Model, interlock, faults and monitors
are on pages that were not to be had, so a lane can not scan with it yet: they stay unknown."""

PROFILES = {each.series: each for each in (XRV, SLM, XRB011)}
"""Every series the driver knows. Another one is another row, from its own manual."""
