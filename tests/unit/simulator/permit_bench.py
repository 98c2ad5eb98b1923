"""A board on a bench: a host that writes frames by hand, and terminals to pull."""

from firmware_bridge.frames import Parser, encode
from firmware_bridge.words import (
    BELIEVED,
    Command,
    Hello,
    Identity,
    Permit,
    Status,
)
from simulator.devices.mcu import Mcu
from simulator.devices.mcu_memory import BoardInputs, BoardMemory

GOOD = BoardInputs(
    estop=True,
    key_on=True,
    doors=True,
    secured=True,
    zone_clear=True,
    lamp_current=True,
    horn_current=True,
    barrier_closed=True,
)
STEP_MS = 5


class Bench:
    """Steps the board every 5 ms; `closed_ms` is when the relay was seen closed."""

    def __init__(self, memory: BoardMemory | None = None) -> None:
        self.memory = BoardMemory() if memory is None else memory
        self.now_ms = 1000
        self.mcu = Mcu(self.memory, self.now_ms)
        self.inputs = GOOD._replace(key_on=False)
        self.session = 0
        self.sequence = 0
        self.status: Status | None = None
        self.identities: list[Identity] = []
        self.closed_ms: list[int] = []
        self._parser = Parser()

    def step(self, ms: int = STEP_MS) -> None:
        for _ in range(ms // STEP_MS):
            self.now_ms += STEP_MS
            self._take(self.mcu.poll(self.now_ms, self.inputs))
            if self.mcu.relay_closed:
                self.closed_ms.append(self.now_ms)

    def raw(self, data: bytes) -> None:
        self._take(self.mcu.receive(data, self.now_ms))

    def hello(self, challenge: int = 0xC0FFEE) -> None:
        self.raw(encode(Hello(challenge)))
        self.sequence = 0

    def frame(
        self,
        command: Command,
        scan_id: int = 0,
        *,
        session: int | None = None,
        sequence: int | None = None,
        heard_ms: int | None = None,
        duration_ms: int = 300,
        belief: int = BELIEVED,
    ) -> bytes:
        if sequence is None:
            self.sequence += 1
        return encode(
            Permit(
                session=self.session if session is None else session,
                sequence=self.sequence if sequence is None else sequence,
                scan_id=scan_id,
                heard_ms=self.now_ms if heard_ms is None else heard_ms,
                command=command,
                duration_ms=duration_ms if command is Command.ON else 0,
                belief=belief,
            )
        )

    def off(self) -> None:
        self.raw(self.frame(Command.OFF))

    def arm(self, scan_id: int = 7) -> None:
        self.raw(self.frame(Command.ARM, scan_id))

    def on(self, scan_id: int = 7, *, duration_ms: int = 300, belief: int = BELIEVED) -> None:
        self.raw(self.frame(Command.ON, scan_id, duration_ms=duration_ms, belief=belief))

    def keep(self, ms: int, scan_id: int = 7) -> None:
        """Let time pass while the host keeps the arming."""
        for _ in range(ms // 100):
            self.arm(scan_id)
            self.step(100)

    def ready(self) -> None:
        """Session open, key turned, OFF sent."""
        self.step(20)
        self.hello()
        self.inputs = GOOD
        self.step(20)
        self.off()

    def armed(self, scan_id: int = 7) -> None:
        """Ready, and a whole warning counted."""
        if not self.session:
            self.ready()
        self.off()
        self.keep(5100, scan_id)

    def _take(self, data: bytes) -> None:
        for message in self._parser.feed(data):
            if isinstance(message, Identity):
                self.identities.append(message)
                self.session = message.session
                self.sequence = 0
            elif isinstance(message, Status):
                self.status = message

    @property
    def told(self) -> Status:
        assert self.status is not None, "the board has said nothing"
        return self.status


def beaming() -> Bench:
    """A board that has just closed its relay for scan 7."""
    bench = Bench()
    bench.armed()
    bench.on()
    bench.step()
    assert bench.mcu.relay_closed, "a clean arming gives beam"
    return bench
