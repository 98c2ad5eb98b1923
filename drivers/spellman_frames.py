"""Spellman's numeric protocol: frames, checksum, and one profile per generator series.

The meaning of a command or a flag differs between series, so nothing outside a profile knows any.
"""

from dataclasses import dataclass

FULL_SCALE = 4095
"""Set points are 12-bit numbers."""
MONITOR_SCALE = 1.2 / FULL_SCALE
"""Monitors have 20 % overrange (XRV manual; the same in the public PyMeasure client)."""
MAX_FRAME_BYTES = 256
_STX, _ETX = 0x02, 0x03


def checksum(text: bytes) -> int:
    """Return CSUM over the bytes after STX up to and with the last comma: 0x40-0x7F.

    Two's complement of the sum, seven bits of it, bit 6 set (Spellman V6 manual).
    """
    return -sum(text) & 0x7F | 0x40


def encode(command: str, *arguments: str, summed: bool) -> bytes:
    """Return one request; ``summed`` on RS-232, not on TCP."""
    text = ",".join((command, *arguments, "")).encode("ascii")
    tail = bytes((checksum(text),)) if summed else b""
    return bytes((_STX,)) + text + tail + bytes((_ETX,))


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the command it echoes and its arguments."""

    command: str
    arguments: tuple[str, ...]


class AnswerParser:
    """Takes bytes as they come and gives whole answers; noise and bad sums are dropped.

    A damaged answer is no answer: the time-out is how either side learns of it.
    """

    def __init__(self, *, summed: bool) -> None:
        self._summed = summed
        self._partial: bytearray | None = None

    def feed(self, data: bytes) -> list[Answer]:
        """Return the answers that ``data`` completes."""
        answers = []
        for byte in data:
            if byte == _STX:
                self._partial = bytearray()
            elif self._partial is not None and byte == _ETX:
                answer = self._decode(bytes(self._partial))
                self._partial = None
                if answer is not None:
                    answers.append(answer)
            elif self._partial is not None:
                self._partial.append(byte)
                if len(self._partial) > MAX_FRAME_BYTES:
                    self._partial = None
        return answers

    def _decode(self, frame: bytes) -> Answer | None:
        text = frame
        if self._summed:
            text, tail = frame[:-1], frame[-1:]
            if tail != bytes((checksum(text),)):
                return None
        if not text.isascii() or not text.endswith(b","):
            return None
        command, *arguments = text[:-1].decode("ascii").split(",")
        return Answer(command, tuple(arguments))


@dataclass(frozen=True, slots=True)
class Profile:
    """What one series means by its commands and flags.

    Attributes:
        series: the name in the lane file.
        models: how the answer to `model` may begin.
        statuses: flags in the answer to `status`; ``hv`` to ``ready`` are places in it, and
            ``interlocks`` the places of the flags that are 1 when closed.
        monitors: numbers in the answer to `monitor`, kV and mA first.
        faults: flags in the answer to `fault`, by name in their order.
    """

    series: str
    models: tuple[str, ...]
    statuses: int
    hv: int
    interlocks: tuple[int, ...]
    fault_flag: int
    local: int
    ready: int
    monitors: int
    faults: tuple[str, ...]
    set_kv: str
    set_ma: str
    read_kv: str
    read_ma: str
    monitor: str
    status: str
    model: str
    scaling: str
    reset: str
    fault: str
    switch_hv: str
    remote: str


XRV = Profile(
    series="XRV",
    models=("XRV",),
    statuses=17,
    hv=0,
    interlocks=(1, 2, 16),
    fault_flag=4,
    local=5,
    ready=15,
    monitors=8,
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
    read_kv="14",
    read_ma="15",
    monitor="19",
    status="22",
    model="26",
    scaling="28",
    reset="31",
    fault="68",
    switch_hv="98",
    remote="99",
)  # fmt: skip
"""XRV: rotating and stationary anode supplies; the numbers are those of PyMeasure's client."""

PROFILES = {XRV.series: XRV}
"""Every series the driver knows. Another one is another row, from its own manual."""
