"""The hall of the in-process world: the plant with plain devices that stop by themselves.

Drive, safety controller, generator and permit board are models without wires; each keeps its own
watchdog: a controller that stands still or is cut off loses belt, warning and beam here too.
"""

from collections.abc import Callable

from simulator.devices.mcu_memory import BoardInputs, BoardMemory
from simulator.devices.mcu_permit import Permit
from simulator.hall.plant import STEP_MS, Key, Plant
from simulator.hall.tube import Tube

RAMP_MM_S2 = 600.0
STOP_MM_S2 = 1800.0
DRIVE_SILENCE_MS = 1000
"""The drive ramps down when its master was silent for so long (TTO of the shipped map)."""
PLC_SILENCE_MS = 500
"""The safety controller drops all outputs (Pilz 1002971EN02, watchdog code 3)."""
LOOK_MS = 20
"""The board looks at its terminals this often while its relay is open, each step while closed."""


class Belt:
    """The drive and its belt."""

    def __init__(self) -> None:
        self.wanted_mm_s = 0.0
        self.speed_mm_s = 0.0
        self.fault = False
        self.fault_persists = False
        self.heard_ms = 0

    @property
    def rests(self) -> bool:
        """True while it stands and is not asked to move."""
        return self.speed_mm_s == 0.0 and self.wanted_mm_s == 0.0

    def advance(self, now_ms: int, elapsed_ms: int) -> None:
        """Follow the reference; silence or a fault is a reference of zero."""
        if self.fault or now_ms - self.heard_ms >= DRIVE_SILENCE_MS:
            self.wanted_mm_s = 0.0
        gap = self.wanted_mm_s - self.speed_mm_s
        if gap:
            rate = RAMP_MM_S2 if gap > 0.0 else STOP_MM_S2
            change = rate * elapsed_ms / 1000
            self.speed_mm_s += max(-change, min(change, gap))


class Hall:
    """Plant and devices; lives up to the present whenever somebody looks or acts.

    Args:
        now_ms: the world's time in milliseconds.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._clock_ms = now_ms
        self.now_ms = 0
        self.plant = Plant()
        self.belt = Belt()
        self.tube = Tube(self.plant)
        self.memory = BoardMemory()
        self.board = Permit(self.memory, 0)
        self.session = 0
        self.outputs = {"warning": False, "entry_barrier_open": False, "exit_barrier_open": False}
        self.plc_fed_ms = 0
        self.plc_expired = False

    @property
    def rests(self) -> bool:
        """True while nothing moves, warns or radiates: time may pass in one stride."""
        return (
            self.belt.rests
            and not (self.board.coil or self.tube.requested or self.plant.hv_on)
            and not any(self.outputs.values())
        )

    @property
    def stands(self) -> bool:
        """True while the belt neither moves nor is about to."""
        return self.belt.rests

    @property
    def key_edges(self) -> int:
        """Turns of the key that the board has seen since it has power."""
        return self.board.key_edges

    @property
    def only_warns(self) -> bool:
        """True while nothing but lamp and horn is on: the board's looks are what matters."""
        return self.belt.rests and not (self.board.coil or self.tube.requested or self.plant.hv_on)

    def sync(self) -> int:
        """Live up to the present; return it in milliseconds."""
        now_ms = self._clock_ms()
        steps = (now_ms - self.now_ms) // STEP_MS
        if steps > 0 and self.rests:
            self._step(self.now_ms + steps * STEP_MS)
        while self.now_ms + STEP_MS <= now_ms:
            left_ms = (now_ms - self.now_ms) // STEP_MS * STEP_MS
            self._step(self.now_ms + (min(LOOK_MS, left_ms) if self.only_warns else STEP_MS))
        return now_ms

    def look(self) -> None:
        """The board looks at its terminals now; a turned key opens a new session."""
        if self.board.look(self._inputs(), self.now_ms):
            self.session += 1
        self._move_relay()

    def obeyed(self) -> None:
        """The board has obeyed a command: let its relay follow."""
        self._move_relay()

    def _step(self, now_ms: int) -> None:
        elapsed_ms, self.now_ms = now_ms - self.now_ms, now_ms
        plant = self.plant
        self.belt.advance(now_ms, elapsed_ms)
        plant.actuators.belt_speed_mm_s = self.belt.speed_mm_s
        if not self.plc_expired and now_ms - self.plc_fed_ms >= PLC_SILENCE_MS:
            self.plc_expired = True
            for name in self.outputs:
                self.outputs[name] = False
            self.drive_outputs()
        if self.board.coil or now_ms % LOOK_MS == 0 or elapsed_ms > STEP_MS:
            self.look()
        self.tube.advance(now_ms)
        plant.advance(now_ms)

    def drive_outputs(self) -> None:
        """Lamp, horn and barriers follow the safety controller's outputs."""
        actuators, outputs = self.plant.actuators, self.outputs
        actuators.warning = outputs["warning"]
        actuators.entry_barrier_open = outputs["entry_barrier_open"]
        actuators.exit_barrier_open = outputs["exit_barrier_open"]

    def _move_relay(self) -> None:
        self.plant.actuators.relay_closed = self.board.coil or self.plant.damage.relay_welded

    def _inputs(self) -> BoardInputs:
        plant, people = self.plant, self.plant.people
        return BoardInputs(
            not people.estop_pressed,
            people.key is not Key.OFF,
            not people.doors_open,
            plant.secured,
            not people.person_in_zone,
            plant.lamp_current,
            plant.horn_current,
            plant.entry_barrier.is_closed,
            plant.hv_on,
            plant.beam_on or plant.damage.beam_detector_on,
            people.reset_pressed,
            True if plant.damage.relay_welded else None,
        )
