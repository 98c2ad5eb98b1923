"""What the simulated generators of each series call their commands and how they word a status.

XRV: the numbers of its published remote interface. SLM: manual 118080-001 and a public list of its
commands; the order of its fault flags is made up, as is the time of its watchdog. XRB011:
manual 118150-001, as far as its pages are public. How an XRV words a refusal is not published;
``CMD,!,code,`` is taken from the ST series of the same maker.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.hall.tube import Fault


@dataclass(frozen=True, slots=True)
class Series:
    """One series.

    Attributes:
        model: what it names itself; ``kv`` is its full scale.
        commands: from number to what `simulator.devices.spellman.Generator` does on it.
        status: the flags of its status, first sent first: conditions, or 0 and 1.
        faults: from place to fault among the ``fault_flags`` flags.
        refusal: what stands before the code of a refusal.
        kv_counts: counts of the voltage's set point in one kilovolt, 0 where 4095 is full scale.
        has_local: whether there is local control at all.
        watchdog_ms: longest silence while high voltage is on, as it powers up.
    """

    model: str
    commands: Mapping[str, str]
    status: tuple[str, ...]
    faults: Mapping[int, Fault]
    fault_flags: int
    refusal: tuple[str, ...]
    kv_counts: int
    has_local: bool
    watchdog_ms: int


XRV = Series(
    model="XRV160N",
    commands={
        "10": "set_kv", "11": "set_ma", "12": "set_limit", "13": "set_preheat", "14": "read_kv",
        "15": "read_ma", "16": "read_limit", "17": "read_preheat", "19": "monitors",
        "21": "hours", "22": "status", "23": "version", "24": "version", "26": "model",
        "28": "scaling", "30": "reset_hours", "31": "reset", "32": "accept", "38": "power_limits",
        "43": "version", "60": "kv_monitor", "65": "low_voltage", "68": "faults",
        "69": "system_voltages", "70": "accept", "97": "set_power_limits", "98": "switch",
        "99": "remote",
    },
    status=(
        "hv", "interlock_1_closed", "interlock_2_closed", "1", "fault", "local", "filament", "0",
        "0", "0", "1", "0", "0", "0", "0", "ready", "1",
    ),
    faults={bit: fault for fault in Fault for bit in range(27) if fault.value == 1 << bit},
    fault_flags=27,
    refusal=("!",),
    kv_counts=0,
    has_local=True,
    watchdog_ms=5000,
)  # fmt: skip

SLM = Series(
    model="SLM{kv:.0f}P600",
    commands={
        "10": "set_kv", "11": "set_ma", "14": "read_kv", "15": "read_ma", "21": "hours",
        "22": "status", "23": "version", "24": "version", "25": "version", "26": "model",
        "30": "reset_hours", "31": "reset", "60": "kv_monitor", "61": "ma_monitor",
        "65": "low_voltage", "68": "faults", "88": "accept", "89": "enable_watchdog",
        "98": "switch", "99": "remote",
    },
    status=("hv", "interlock_open", "fault", "not_local", "0", "0", "0", "watchdog"),
    faults={
        0: Fault.ANODE_ARC, 1: Fault.OVER_TEMPERATURE_ANODE, 2: Fault.OVER_VOLTAGE,
        3: Fault.UNDER_VOLTAGE, 4: Fault.FILAMENT_FEEDBACK, 6: Fault.WATCHDOG,
    },
    fault_flags=20,
    refusal=(),
    kv_counts=0,
    has_local=True,
    watchdog_ms=0,
)  # fmt: skip

XRB011 = Series(
    model="XRB011",
    commands={
        "10": "set_kv", "11": "set_ma", "28": "watchdog_seconds", "31": "password", "98": "status",
        "99": "switch",
    },
    status=("hv",),
    faults={},
    fault_flags=0,
    refusal=(),
    kv_counts=10,
    has_local=False,
    watchdog_ms=5000,
)  # fmt: skip

SERIES: Mapping[str, Series] = {"XRV": XRV, "SLM": SLM, "XRB011": XRB011}
