"""A broker for tests and the demo: one that runs already, mosquitto, or the one in a wheel.

Never for production: loopback only, no login, and what it holds is gone with it.
"""

import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from edge.errors import PublishError
from edge.messages.topics import broker_address

_HOST = "127.0.0.1"
_READY_TIMEOUT_S = 15.0
_READY_POLL_S = 0.05
_STOP_TIMEOUT_S = 5.0
_PACKET_LIMIT_BYTES = 1_048_576

_MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
max_queued_messages 1000000
max_inflight_messages 100
message_size_limit {limit}
persistence false
"""
# Segments of 1 GB: with small ones the log is overwritten silently under an offline subscriber.
_IOTCORE = """\
id = 0
[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 1073741824
max_segment_count = 10
[v5.1]
name = "v5"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
    [v5.1.connections]
    connection_timeout_ms = 60000
    max_payload_size = {limit}
    max_inflight_count = 100
    dynamic_filters = true
"""
_IOTCORE_MAIN = (
    "import sys; from iotcore import IotCoreBroker; "
    "IotCoreBroker(config_path=sys.argv[1]).run_forever()"
)


@dataclass(slots=True)
class BrokerHandle:
    """A broker to talk to.

    Attributes:
        url: ``mqtt://host:port``.
        kind: ``given``, ``mosquitto`` or ``iotcore``.
        process: ours to end, None for a given one.
    """

    url: str
    kind: str
    process: subprocess.Popen[bytes] | None

    def stop(self) -> None:
        """End the broker in an orderly way; a given one is left alone."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the broker (SIGKILL), as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(_STOP_TIMEOUT_S)


def start_broker(port: int, folder: Path, *, url: str = "", kind: str = "") -> BrokerHandle:
    """Start a broker on loopback, or use a given one.

    Args:
        port: TCP port, on 127.0.0.1.
        folder: for the generated configuration and the broker's log.
        url: a broker that runs already; nothing is started then.
        kind: ``mosquitto`` or ``iotcore``; empty takes the first that is there, in this order.

    Raises:
        PublishError: no broker is installed, the port is in use, or it did not come up.
    """
    if url:
        broker_address(url)
        return BrokerHandle(url, "given", None)
    program = _mosquitto()
    chosen = kind or ("mosquitto" if program else "iotcore")
    if chosen not in ("mosquitto", "iotcore") or (chosen == "mosquitto" and not program):
        raise PublishError(f"broker {chosen!r} is not installed; install mosquitto or iotcore")
    _expect_free(port)
    folder.mkdir(parents=True, exist_ok=True)
    if chosen == "mosquitto":
        config = folder / "mosquitto.conf"
        config.write_text(_MOSQUITTO.format(port=port, limit=_PACKET_LIMIT_BYTES))
        command = [program, "-c", str(config)]
    else:
        config = folder / "iotcore.toml"
        config.write_text(_IOTCORE.format(port=port, limit=_PACKET_LIMIT_BYTES))
        command = [sys.executable, "-c", _IOTCORE_MAIN, str(config)]
    log = folder / f"{chosen}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603  # our own configuration, no shell
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    handle = BrokerHandle(f"mqtt://{_HOST}:{port}", chosen, process)
    _await_ready(handle, port, log)
    return handle


def free_port() -> int:
    """Give a TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _mosquitto() -> str:
    places = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    return shutil.which("mosquitto", path=places) or ""


def _expect_free(port: int) -> None:
    """Refuse a port somebody listens on: he would be taken for the broker that has come up."""
    with socket.socket() as probe:
        # As servers do, or the port of a broker just killed would count as in use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise PublishError(
                f"broker port {port}: {error.strerror}; end what uses it or name another port"
            ) from error


def _await_ready(handle: BrokerHandle, port: int, log: Path) -> None:
    waiting = threading.Event()
    for _ in range(int(_READY_TIMEOUT_S / _READY_POLL_S)):
        assert handle.process is not None
        if handle.process.poll() is not None:
            break
        try:
            socket.create_connection((_HOST, port), timeout=1.0).close()
        except OSError:
            waiting.wait(_READY_POLL_S)
        else:
            return
    handle.kill()
    tail = log.read_text(errors="replace")[-400:].strip()
    raise PublishError(f"{handle.kind} did not come up on port {port}: {tail or 'no output'}")
