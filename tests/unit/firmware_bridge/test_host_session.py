"""The host's end against the simulated board: what it sends, and what it never sends by itself."""

from collections.abc import Iterator

import pytest

from firmware_bridge.frames import Parser
from firmware_bridge.session import (
    ArmingLost,
    Event,
    HostSession,
    Identified,
    Loss,
    Reported,
    Silent,
)
from firmware_bridge.words import BELIEVED, Command, EndReason, Hello, Permit, Refusal, State
from simulator.devices.mcu import Mcu
from simulator.devices.mcu_memory import BoardInputs, BoardMemory
from tests.unit.simulator.permit_bench import GOOD

STEP_MS = 5


class Pair:
    """A host and a board on one line without delay; `sent` is what the host wrote."""

    def __init__(self) -> None:
        self.memory = BoardMemory()
        self.now_ms = 10_000
        self.board: Mcu | None = Mcu(self.memory, self.now_ms)
        self.inputs: BoardInputs = GOOD._replace(key_on=False)
        self.events: list[Event] = []
        self.sent: list[Hello | Permit] = []
        self._challenges: Iterator[int] = iter(range(1, 1000))
        self.host = HostSession(lambda: next(self._challenges))
        self.host.believe(BELIEVED)
        self.host.connected(self.now_ms)

    def write(self, data: bytes) -> None:
        for message in Parser().feed(data):
            assert isinstance(message, Hello | Permit)
            self.sent.append(message)
        if self.board is not None:
            self.events += self.host.receive(self.board.receive(data, self.now_ms), self.now_ms)

    def step(self, ms: int) -> None:
        for _ in range(ms // STEP_MS):
            self.now_ms += STEP_MS
            if self.board is not None:
                said = self.board.poll(self.now_ms, self.inputs)
                self.events += self.host.receive(said, self.now_ms)
            self.write(self.host.poll(self.now_ms))
            self.events += self.host.events()

    def ready(self) -> None:
        self.step(200)
        self.inputs = GOOD
        self.step(200)

    def armed(self, scan_id: int = 7) -> None:
        self.ready()
        self.host.arm(scan_id)
        self.step(5200)

    def beam(self, ms: int) -> None:
        for _ in range(ms // 50):
            self.write(self.host.renew(7, self.now_ms))
            self.step(50)

    @property
    def closed(self) -> bool:
        return self.board is not None and self.board.relay_closed

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def commands(self) -> list[Command]:
        return [message.command for message in self.sent if isinstance(message, Permit)]


def test_the_first_words_are_hello_and_off() -> None:
    pair = Pair()
    pair.step(100)
    assert isinstance(pair.sent[0], Hello)
    assert pair.commands()[0] is Command.OFF
    assert len(pair.of(Identified)) == 1


def test_off_goes_out_every_45_ms_while_nothing_is_asked() -> None:
    pair = Pair()
    pair.ready()
    before = len(pair.sent)
    pair.step(1000)
    assert set(pair.commands()) == {Command.OFF}
    assert 21 <= len(pair.sent) - before <= 23


def test_an_arming_and_renewals_give_beam_and_a_withdrawal_ends_it() -> None:
    pair = Pair()
    pair.armed()
    pair.beam(1000)
    assert pair.closed
    pair.write(pair.host.withdraw(pair.now_ms))
    assert not pair.closed
    pair.step(1000)
    assert pair.memory.exposures_ms == {7: 1000}
    assert pair.commands()[-1] is Command.OFF


def test_no_poll_ever_sends_on() -> None:
    pair = Pair()
    pair.armed()
    pair.step(20_000)
    assert Command.ON not in pair.commands()
    pair.beam(100)
    renewals = pair.commands().count(Command.ON)
    pair.step(20_000)
    assert pair.commands().count(Command.ON) == renewals == 2


def test_a_lease_nobody_renews_is_over_for_the_host_too_and_stays_over() -> None:
    pair = Pair()
    pair.armed()
    pair.beam(100)
    pair.step(400)
    assert not pair.closed
    lost = pair.of(ArmingLost)
    assert [event.scan_id for event in lost if isinstance(event, ArmingLost)] == [7]
    assert pair.host.renew(7, pair.now_ms) == b""
    pair.step(10_000)
    assert not pair.closed
    assert pair.commands()[-1] is Command.OFF


def test_a_stopped_host_has_no_beam_when_it_goes_on() -> None:
    pair = Pair()
    pair.armed()
    pair.beam(100)
    for _ in range(400):
        pair.now_ms += STEP_MS
        assert pair.board is not None
        pair.board.poll(pair.now_ms, pair.inputs)
    assert pair.host.renew(7, pair.now_ms) == b""
    pair.step(10_000)
    assert not pair.closed
    assert pair.memory.exposures_ms[7] <= 400


def test_turning_the_key_loses_the_arming_and_the_new_session_starts_with_off() -> None:
    pair = Pair()
    pair.armed()
    pair.inputs = GOOD._replace(key_on=False)
    pair.step(20)
    pair.inputs = GOOD
    before = len(pair.sent)
    pair.step(200)
    losses = [event.loss for event in pair.of(ArmingLost) if isinstance(event, ArmingLost)]
    assert losses == [Loss.SESSION]
    assert pair.commands()[-1] is Command.OFF
    assert all(isinstance(sent, Permit) for sent in pair.sent[before:])
    pair.step(10_000)
    assert pair.host.renew(7, pair.now_ms) == b""


def test_a_board_that_lost_its_power_is_found_again_and_nothing_is_armed() -> None:
    pair = Pair()
    pair.armed()
    pair.board = None
    pair.step(1000)
    assert len(pair.of(Silent)) == 1
    pair.board = Mcu(pair.memory, pair.now_ms)
    pair.step(1000)
    assert len(pair.of(Identified)) >= 2
    assert pair.host.command is Command.OFF
    last = pair.of(Reported)[-1]
    assert isinstance(last, Reported)
    assert (last.status.state, last.status.scan_id) == (State.OFF, 7)


def test_a_board_that_never_answers_is_said_to_be_silent_once() -> None:
    pair = Pair()
    pair.board = None
    pair.step(5000)
    assert pair.events == [Silent()]
    assert all(isinstance(sent, Hello) for sent in pair.sent)


@pytest.mark.parametrize(
    ("field", "reason"),
    [("zone_clear", EndReason.ZONE), ("lamp_current", EndReason.LAMP)],
)
def test_the_host_learns_why_the_board_ended_its_lease(field: str, reason: EndReason) -> None:
    pair = Pair()
    pair.armed()
    pair.beam(100)
    pair.inputs = GOOD._replace(**{field: False})
    pair.beam(100)
    assert pair.of(ArmingLost) == [ArmingLost(7, Loss.ENDED, reason, Refusal.NONE)]


def test_the_host_learns_why_an_arming_was_refused() -> None:
    pair = Pair()
    pair.armed()
    pair.write(pair.host.withdraw(pair.now_ms))
    pair.host.arm(7)
    pair.step(100)
    lost = pair.of(ArmingLost)
    assert lost == [ArmingLost(7, Loss.ENDED, EndReason.WITHDRAWN, Refusal.SCAN_NOT_NEWER)]
    pair.host.arm(8)
    pair.step(100)
    assert pair.host.command is Command.ARM


def test_a_second_arming_over_the_first_loses_both() -> None:
    pair = Pair()
    pair.armed()
    pair.host.arm(8)
    lost = [event.scan_id for event in pair.host.events() if isinstance(event, ArmingLost)]
    assert lost == [7, 8]
    pair.step(100)
    assert pair.host.command is Command.OFF


def test_an_arming_without_a_session_is_lost_at_once() -> None:
    pair = Pair()
    pair.host.arm(7)
    assert pair.host.events() == [ArmingLost(7, Loss.SESSION, EndReason.NONE, Refusal.NONE)]


def test_a_renewal_of_another_scan_is_no_frame() -> None:
    pair = Pair()
    pair.armed()
    assert pair.host.renew(8, pair.now_ms) == b""
    assert pair.host.renew(7, pair.now_ms) != b""


def test_a_line_opened_anew_ends_what_the_old_one_had_armed() -> None:
    pair = Pair()
    pair.armed()
    pair.beam(100)
    assert pair.closed
    pair.host.connected(pair.now_ms)
    pair.write(pair.host.withdraw(pair.now_ms))
    assert isinstance(pair.sent[-1], Hello)
    assert not pair.closed


def test_a_report_carries_the_time_its_question_was_sent() -> None:
    pair = Pair()
    pair.step(500)
    times = [event.asked_ms for event in pair.of(Reported) if isinstance(event, Reported)]
    assert times == sorted(times)
    assert 0 < pair.now_ms - times[-1] <= 55


def test_noise_on_the_line_makes_no_event_but_is_counted() -> None:
    pair = Pair()
    pair.ready()
    assert pair.host.receive(b"\x00noise\x00\xff\x00", pair.now_ms) == []
    assert pair.host.errors == 2
