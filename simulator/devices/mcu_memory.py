"""What the permit board reads, and what it still knows after its power was off."""

from dataclasses import dataclass, field
from typing import NamedTuple

from firmware_bridge.words import EndReason, Seen, Trip

SCANS_KEPT = 16
"""Exposures the non-volatile memory holds; the oldest is overwritten."""


class BoardInputs(NamedTuple):
    """One look at the board's input terminals; True is good (or, for the feedbacks, present).

    ``relay_feedback`` is the auxiliary contact of the relay; None wires it to the coil, as in a
    relay that is well.
    """

    estop: bool = False
    key_on: bool = False
    doors: bool = False
    secured: bool = False
    zone_clear: bool = False
    lamp_current: bool = False
    horn_current: bool = False
    barrier_closed: bool = False
    hv: bool = False
    beam: bool = False
    reset_button: bool = False
    relay_feedback: bool | None = None


class Row(NamedTuple):
    """One input that must be good: its field, its bit, and the end it brings when it goes bad."""

    field: str
    bit: Seen
    end: EndReason


WARNING_ROWS = (
    Row("estop", Seen.ESTOP, EndReason.ESTOP),
    Row("key_on", Seen.KEY, EndReason.KEY),
    Row("doors", Seen.DOORS, EndReason.DOORS),
    Row("secured", Seen.SECURED, EndReason.SECURED),
    Row("zone_clear", Seen.ZONE, EndReason.ZONE),
    Row("lamp_current", Seen.LAMP, EndReason.LAMP),
    Row("horn_current", Seen.HORN, EndReason.HORN),
)
"""Inputs without which no warning is counted."""

BEAM_ROWS = (*WARNING_ROWS, Row("barrier_closed", Seen.BARRIER, EndReason.BARRIER))
"""Inputs the beam needs. The entry barrier joins here: the unit comes in during the warning."""


_OF_FIELD = {
    **{row.field: row.bit.value for row in BEAM_ROWS},
    "hv": Seen.HV.value,
    "beam": Seen.BEAM.value,
    "reset_button": Seen.RESET.value,
}
_BITS = tuple(_OF_FIELD[name] for name in BoardInputs._fields if name in _OF_FIELD)
"""The bit of each input in the order of `BoardInputs`; the relay's contact, last, has none."""


def bits(inputs: BoardInputs) -> int:
    """Return the inputs as the bit field that travels in a status frame."""
    # Plain numbers: this runs at each look, and flags are slow to join.
    return sum(bit for good, bit in zip(inputs, _BITS, strict=False) if good)


def first_bad(inputs: BoardInputs, rows: tuple[Row, ...]) -> Row | None:
    """Return the first row that is not good, None when all are."""
    return next((row for row in rows if not getattr(inputs, row.field)), None)


@dataclass(slots=True)
class BoardMemory:
    """The board's non-volatile memory. Hand the same one to the next `Mcu` to cycle its power.

    Attributes:
        boots: power-ups.
        sessions: sessions ever opened; numbers the nonces, so none is used twice.
        keys: rising edges of the key.
        last_scan_id: newest scan ever armed, 0 before the first.
        exposures_ms: milliseconds the relay was closed, by scan id, newest last.
        trip: why the board is locked; a power cycle does not unlock it.
        trips: how often it locked.
    """

    boots: int = 0
    sessions: int = 0
    keys: int = 0
    last_scan_id: int = 0
    exposures_ms: dict[int, int] = field(default_factory=dict)
    trip: Trip = Trip.NONE
    trips: int = 0

    def open_scan(self, scan_id: int) -> None:
        """Begin counting a scan."""
        self.last_scan_id = scan_id
        self.exposures_ms.pop(scan_id, None)
        self.exposures_ms[scan_id] = 0
        while len(self.exposures_ms) > SCANS_KEPT:
            del self.exposures_ms[next(iter(self.exposures_ms))]

    def expose(self, elapsed_ms: int) -> None:
        """Add relay time to the newest scan."""
        if self.last_scan_id:
            self.exposures_ms[self.last_scan_id] = self.exposure_ms + elapsed_ms

    @property
    def exposure_ms(self) -> int:
        """Exposure of the newest scan."""
        return self.exposures_ms.get(self.last_scan_id, 0)
