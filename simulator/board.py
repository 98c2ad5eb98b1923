"""The permit board as the lane wires it: its line, its terminals, its relay, its power."""

from simulator.devices.mcu import Mcu
from simulator.devices.mcu_memory import BoardInputs, BoardMemory
from simulator.hall.plant import Key, Plant

MAX_BOARD_BYTES = 4096


class Board:
    """The permit board on its wire, its terminals on the hall."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._memory = BoardMemory()
        self._mcu: Mcu | None = Mcu(self._memory)
        self._out = b""

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Hand bytes to the board; a board without power says nothing."""
        if self._mcu is not None:
            self._say(self._mcu.receive(data, now_ms))
            self._move_relay()
        return self.poll(now_ms)

    def poll(self, now_ms: int) -> bytes:
        """Return what the board has said since."""
        out, self._out = self._out, b""
        return out

    def look(self, now_ms: int) -> None:
        """One cycle of the board: read the terminals, move the relay."""
        if self._mcu is not None:
            self._say(self._mcu.poll(now_ms, self._inputs()))
        self._move_relay()

    def power(self, now_ms: int, *, on: bool) -> None:
        """Take the board's power away or give it back."""
        self._mcu = Mcu(self._memory, now_ms) if on else None
        self._out = b""
        self._move_relay()

    def _say(self, data: bytes) -> None:
        self._out = (self._out + data)[-MAX_BOARD_BYTES:]

    def _move_relay(self) -> None:
        coil = self._mcu is not None and self._mcu.relay_closed
        self._plant.actuators.relay_closed = coil or self._plant.damage.relay_welded

    def _inputs(self) -> BoardInputs:
        plant, people = self._plant, self._plant.people
        return BoardInputs(
            estop=not people.estop_pressed,
            # One contact for both: somebody with the key is there. Which of both, the safety
            # controller tells, and the host's belief must agree.
            key_on=people.key is not Key.OFF,
            doors=not people.doors_open,
            secured=plant.secured,
            # The contact of the cab detector is in series with the zone's.
            zone_clear=not (people.person_in_zone or people.person_in_cab),
            lamp_current=plant.lamp_current,
            horn_current=plant.horn_current,
            barrier_closed=plant.entry_barrier.is_closed,
            hv=plant.hv_on,
            beam=plant.beam_on or plant.damage.beam_detector_on,
            reset_button=people.reset_pressed,
            relay_feedback=True if plant.damage.relay_welded else None,
        )
