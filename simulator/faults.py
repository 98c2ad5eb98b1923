"""Faults of the lane's wires and devices by name: which fit where, set, cleared, shown.

One desk for all who break things: the control socket, a plan of faults, the tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from simulator.devices.line_faults import Harm, LineFault
from simulator.lane import DETECTOR, SimLane
from simulator.lane_file import TcpWire, Wire

POWER_OFF_MS = 1000
"""How long a power cycle takes when nobody says otherwise."""
MOST_AMOUNT, MOST_TIMES = 600_000, 1_000_000

_ANY = (
    Harm.DELAY, Harm.LATE, Harm.DROP, Harm.CORRUPT, Harm.TRUNCATE, Harm.DUPLICATE, Harm.REORDER,
    Harm.NOISE, Harm.SINGLE_BYTES, Harm.UNPLUG, Harm.POWER_CYCLE,
)  # fmt: skip
_ANSWERS = (*_ANY, Harm.EXCEPTION, Harm.WRONG_FUNCTION)
FITS: Mapping[str, tuple[Harm, ...]] = {
    "modbus_tcp": (*_ANSWERS, Harm.WRONG_UNIT, Harm.WRONG_TRANSACTION),
    "modbus_rtu": (*_ANSWERS, Harm.WRONG_UNIT),
    "numeric": _ANSWERS,
    "frames": _ANY,
}
"""Harms by what is spoken: Modbus, a generator's numbered commands, or frames of any other kind."""
TIMED = frozenset({Harm.DELAY, Harm.LATE, Harm.SINGLE_BYTES})
"""Harms that are nothing without an amount of milliseconds."""


class FaultRefused(Exception):
    """A fault that cannot be: which key, what stands there, and why not."""

    def __init__(self, key: str, value: object, reason: str) -> None:
        super().__init__(f"{key} = {value}: {reason}")
        self.key = key
        self.value = str(value)
        self.reason = reason


@runtime_checkable
class Powered(Protocol):
    """A device that forgets something when its power goes."""

    def power_up(self) -> None:
        """Be as after power came back."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A fault that stands at a device now."""

    device: str
    fault: LineFault


def family(lane: SimLane, device: str) -> str:
    """What a device speaks, a key of `FITS`. Raises FaultRefused for one that is not here."""
    entry = lane.devices.get(device)
    if entry is None:
        if device == DETECTOR and device in lane.faults:
            return "frames"
        known = ", ".join(sorted(lane.faults))
        raise FaultRefused("device", repr(device), f"one of {known}")
    if entry.unit:
        is_tcp = isinstance(entry.wire, TcpWire) and entry.wire.modbus
        return "modbus_tcp" if is_tcp else "modbus_rtu"
    return "numeric" if entry.kind == "spellman" else "frames"


class FaultDesk:
    """Sets and clears the faults of one lane.

    Args:
        lane: the lane.
    """

    def __init__(self, lane: SimLane) -> None:
        self._lane = lane
        self._off: dict[str, int] = {}

    def devices(self) -> dict[str, tuple[Harm, ...]]:
        """Every device with the harms that fit it."""
        return {name: FITS[family(self._lane, name)] for name in sorted(self._lane.faults)}

    def check(self, device: str, fault: LineFault, for_ms: int = 0) -> LineFault:
        """Return the fault as it will stand, for the device alone. Raises FaultRefused."""
        harms = FITS[family(self._lane, device)]
        if fault.harm not in harms:
            names = ", ".join(each.value for each in harms)
            raise FaultRefused("harm", fault.harm.value, f"does not fit {device}; one of {names}")
        most = 255 if fault.harm is Harm.EXCEPTION else MOST_AMOUNT
        for key, number, limit in (
            ("amount", fault.amount, most),
            ("skip", fault.skip, MOST_TIMES),
            ("times", fault.times, MOST_TIMES),
            ("for_ms", for_ms, MOST_AMOUNT),
        ):
            if not 0 <= number <= limit:
                raise FaultRefused(key, number, f"is not in 0 to {limit}")
        if not 0.0 < fault.chance <= 1.0:
            raise FaultRefused("chance", fault.chance, "is not above 0 and at most 1")
        if fault.harm in TIMED and not fault.amount:
            raise FaultRefused("amount", 0, f"{fault.harm.value} needs milliseconds above 0")
        entry = self._lane.devices.get(device)
        if fault.unit is None and entry is not None and entry.unit:
            return replace(fault, unit=entry.unit)
        return fault

    def set(self, device: str, fault: LineFault, for_ms: int = 0) -> None:
        """Let a fault stand, for ever or for some time. Raises FaultRefused."""
        fault = self.check(device, fault, for_ms)
        now_ms = self._lane.now_ms
        if fault.harm is Harm.UNPLUG:
            self._lane.plugs[self._wire(device)].pull(now_ms, fault.amount or for_ms)
        elif fault.harm is Harm.POWER_CYCLE:
            self._power_off(device)
            off_ms = fault.amount or for_ms or POWER_OFF_MS
            self._off[device] = now_ms + off_ms
            self._lane.later(now_ms + off_ms, lambda: self._power_on(device))
        else:
            script = self._lane.faults[device]
            script.add(fault)
            if for_ms:
                self._lane.later(now_ms + for_ms, lambda: script.remove(fault))

    def clear(self, device: str = "") -> None:
        """End every fault, of one device or of all; what has no power gets it back.

        Raises FaultRefused.
        """
        for name in [device] if device else list(self._lane.faults):
            family(self._lane, name)
            self._power_on(name, at_once=True)
            self._lane.plugs[self._wire(name)].put_in()
            script, entry = self._lane.faults[name], self._lane.devices.get(name)
            for fault in script.rules:
                if not device or fault.unit is None or entry is None or fault.unit == entry.unit:
                    script.remove(fault)

    def standing(self) -> tuple[Standing, ...]:
        """The faults that stand, by device."""
        found, now_ms = [], self._lane.now_ms
        for name, script in sorted(self._lane.faults.items()):
            unit = self._unit(name)
            rules = [rule for rule in script.rules if rule.unit in (None, unit)]
            if not self._lane.plugs[self._wire(name)].is_in(now_ms):
                rules.append(LineFault(Harm.UNPLUG))
            if name in self._off:
                rules.append(LineFault(Harm.POWER_CYCLE, amount=self._off[name] - now_ms))
            found += [Standing(name, rule) for rule in rules]
        return tuple(found)

    def _wire(self, device: str) -> Wire:
        entry = self._lane.devices.get(device)
        wire = self._lane.detector_wire if entry is None else entry.wire
        assert wire is not None, "the detector is a device only where it has a wire"
        return wire

    def _unit(self, device: str) -> int:
        entry = self._lane.devices.get(device)
        return entry.unit if entry is not None else 0

    def _power_off(self, device: str) -> None:
        self._lane.faults[device].dark.add(self._unit(device))
        lane, entry = self._lane, self._lane.devices.get(device)
        if entry is not None and entry.kind == "permit_board":
            assert lane.board is not None, "a lane with this device has a board"
            lane.board.power(lane.now_ms, on=False)
        else:
            self._forget(device)

    def _power_on(self, device: str, *, at_once: bool = False) -> None:
        if device not in self._off or (not at_once and self._lane.now_ms < self._off[device]):
            return
        del self._off[device]
        self._lane.faults[device].dark.discard(self._unit(device))
        lane, entry = self._lane, self._lane.devices.get(device)
        if entry is not None and entry.kind == "permit_board":
            assert lane.board is not None, "a lane with this device has a board"
            lane.board.power(lane.now_ms, on=True)
        else:
            self._forget(device)

    def _forget(self, device: str) -> None:
        entry = self._lane.devices.get(device)
        holder: object = self._lane.slaves.get(device)
        if entry is not None and entry.kind in ("spellman", "technix"):
            holder = self._lane.generator
        if isinstance(holder, Powered):
            holder.power_up()
