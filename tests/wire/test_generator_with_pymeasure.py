"""PyMeasure, written by others against the real power supply, drives the simulated generator."""

import asyncio
from pathlib import Path

import pytest
from pymeasure.instruments.spellmanhv import SpellmanXRV

from simulator.devices.spellman import Generator
from simulator.hall.plant import Plant
from simulator.wires import PtyWire, TcpFront, serve_pty, serve_tcp


def exercise(resource: str) -> dict[str, object]:
    """What a user of PyMeasure would do; runs in a thread, since PyVISA blocks."""
    source = SpellmanXRV(resource, visa_library="@py", baud_rate=38400, query_delay=0.01)
    try:
        source.voltage_setpoint = 80_000
        source.current_setpoint = 0.005
        source.output_enabled = True
        found: dict[str, object] = {
            "voltage_setpoint": source.voltage_setpoint,
            "current_setpoint": source.current_setpoint,
            "enabled": source.output_enabled,
            "status": int(source.status),
            "errors": int(source.errors),
        }
        source.wait_for(0.4)
        found["voltage"] = source.voltage
        source.output_enabled = False
        found["off"] = source.output_enabled
        source.reset_errors()
        return found
    finally:
        source.adapter.connection.close()


@pytest.mark.parametrize("over", ["pty", "tcp"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_pymeasure_sets_reads_and_switches_the_generator(tmp_path: Path, over: str) -> None:
    """Over TCP frames carry no checksum, on either side."""

    async def run() -> dict[str, object]:
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        plant = Plant()
        plant.actuators.relay_closed = True
        generator = Generator(plant, local=False, serial=over == "pty")

        def clock() -> int:
            return int((loop.time() - start_s) * 1000)

        wire: PtyWire | TcpFront
        if over == "pty":
            link = tmp_path / "source"
            wire = serve_pty(generator, link, baud=38400, parity="N", clock=clock)
            resource = f"ASRL{link.resolve()}::INSTR"
        else:
            wire = await serve_tcp(lambda: generator, "127.0.0.1", 0, clock)
            resource = f"TCPIP::127.0.0.1::{wire.port}::SOCKET"
        try:
            return await asyncio.wait_for(asyncio.to_thread(exercise, resource), 60)
        finally:
            wire.close()

    found = asyncio.run(run())
    assert found["voltage_setpoint"] == pytest.approx(80_000, abs=40)
    assert found["current_setpoint"] == pytest.approx(0.005, abs=3e-6)
    assert found["enabled"] is True
    assert found["errors"] == 0
    # HV on, both interlocks, emission regulation, filament, small filament, ready, internal.
    assert found["status"] == 0b1_1000_0100_0100_1111
    assert found["voltage"] == pytest.approx(80_000, rel=0.01)
    assert found["off"] is False
