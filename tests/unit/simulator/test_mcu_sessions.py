"""What the permit board keeps over sessions and power cycles: nonces, scans, exposure."""

from firmware_bridge.words import EndReason, State
from simulator.devices.mcu import Mcu
from simulator.devices.mcu_memory import SCANS_KEPT, BoardMemory
from tests.unit.simulator.permit_bench import GOOD, Bench, beaming


def test_exposure_and_the_scan_survive_a_power_cut() -> None:
    bench = beaming()
    bench.step(200)
    counted_ms = bench.mcu.status.exposure_ms
    after = Mcu(bench.memory, bench.now_ms)
    assert counted_ms == 205
    assert (after.status.scan_id, after.status.exposure_ms) == (7, 205)
    assert not after.relay_closed


def test_the_memory_holds_a_bounded_number_of_scans() -> None:
    memory = BoardMemory()
    for scan_id in range(1, 100):
        memory.open_scan(scan_id)
        memory.expose(scan_id)
    assert len(memory.exposures_ms) == SCANS_KEPT
    assert memory.exposures_ms[99] == 99


def test_no_nonce_is_ever_used_twice() -> None:
    memory, seen = BoardMemory(), []
    for boot in range(20):
        bench = Bench(memory)
        bench.step(5)
        bench.hello(boot % 3)
        bench.hello(boot % 2 + 5)
        for _ in range(5):
            bench.inputs = GOOD
            bench.step(5)
            bench.inputs = GOOD._replace(key_on=False)
            bench.step(5)
        seen += [identity.session for identity in bench.identities]
    assert len(seen) == len(set(seen)) == 140
    assert 0 not in seen


def test_a_board_whose_nonces_are_used_up_obeys_nobody() -> None:
    bench = Bench(BoardMemory(sessions=2**24 - 1))
    bench.ready()
    assert bench.session == 0
    assert bench.told.state is State.SILENT


def test_a_hello_repeated_before_the_first_command_opens_no_second_session() -> None:
    bench = Bench()
    bench.step(5)
    bench.hello(5)
    bench.hello(5)
    assert bench.identities[0] == bench.identities[1]
    bench.off()
    bench.hello(5)
    assert bench.identities[2].session != bench.identities[0].session


def test_a_new_session_ends_the_beam_at_once() -> None:
    bench = beaming()
    bench.hello(99)
    assert not bench.mcu.relay_closed
    assert bench.told.end_reason is EndReason.SESSION
