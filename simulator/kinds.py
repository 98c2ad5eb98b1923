"""Every kind of device the simulator plays, and what its emulator takes from a lane file.

What a lane file leaves out is what the devices' own settings take for it.
"""

from collections.abc import Mapping

from simulator.devices.spellman_series import SERIES

BAUD = {
    "spellman": 38_400,
    "technix": 9600,
    "toledo": 9600,
    "rs_s131": 9600,
    "reader": 9600,
    "permit_board": 115_200,
    "rtu": 19_200,
}
"""Speed of every kind with a line of its own, and of a bus."""
UNIT = {
    "altivar": 1,
    "pnozmulti": 1,
    "ez_array": 65,
    "sinamics_v20": 1,
    "iologik": 1,
    "generic": 1,
    "ups_modbus": 1,
    "linac_sim": 1,
}
"""Address of every kind that hangs on a Modbus bus."""
NUMBERS: Mapping[str, Mapping[str, float]] = {
    "iologik": {"host_watchdog_ms": 0.0},
    "sinamics_v20": {"mm_s_at_full_scale": 1000.0, "watchdog_action": 1.0},
    "toledo": {"increment_kg": 5.0},
}
"""Numbers above 0 that an emulator takes from its section, with what stands for those left out; a 0
there is one that it does without."""
MAY_HAVE: Mapping[str, tuple[str, ...]] = {"ez_array": ("upper_unit", "upper_from_mm")}
"""Numbers above 0 that a section may have; what is left out is not there."""
TEXTS: Mapping[str, Mapping[str, str | None]] = {
    "iologik": {"model": None},
    "generic": {"map": None},
    "spellman": {"series": None},
    "toledo": {"unit": "kg"},
}
"""Texts that an emulator takes from its section; one that may not be left out has None here."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "model": ("E1212", "E1214"),
    "series": tuple(SERIES),
    "unit": ("kg", "t"),
}
"""Texts that are one of a few; any other may be whatever it is."""
KINDS = (*UNIT, *(kind for kind in BAUD if kind != "rtu"))
"""Every kind that has an emulator."""
STEPS = ("1.000000", "2.000000", "5.000000")
"""First digits of the step of a weighbridge."""
