"""How a Modbus line is described in a lane file."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

TURNAROUND_MS = 5
"""What the plan of a line takes for a typical answer until somebody measures.

No manual is the source of it: response times in manuals are limits. ``scanlane device probe``
measures it at the device.
"""

_PSEUDO_TERMINALS = "/dev/pts/"


class _LineSettings(BaseModel):
    """What both kinds of line share."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    response_timeout_ms: int = Field(150, ge=10, le=5000, description="Wait for an answer")
    turnaround_ms: int = Field(
        TURNAROUND_MS, ge=1, le=1000, description="A device typically takes to begin its answer"
    )
    connect_timeout_ms: int = Field(1000, ge=50, le=10000, description="Wait for a connection")
    backoff_min_ms: int = Field(100, ge=10, le=5000, description="First wait before reconnecting")
    backoff_max_ms: int = Field(2000, ge=10, le=60000, description="Longest such wait")
    queue_limit: int = Field(32, ge=4, le=256, description="Requests that may wait")
    patience_ms: int = Field(2000, ge=100, le=30000, description="Longest wait of one request")


class RtuSettings(_LineSettings):
    """A serial line, or ``socket://host:port`` for RTU frames through a serial server."""

    kind: Literal["rtu"]
    port: str = Field(min_length=1, description="Device path, or socket://host:port")
    baud: int = Field(19200, ge=1200, le=1_000_000, description="Bits per second")
    parity: Literal["N", "E", "O"] = Field("E", description="Serial Line V1.02 2.5.1: even")
    silence_ms: int = Field(4, ge=2, le=100, description="Pause between frames, 3.5 characters")
    quiet_ms: int = Field(150, ge=10, le=5000, description="Pause after a missing answer")


class TcpSettings(_LineSettings):
    """A Modbus/TCP connection."""

    kind: Literal["tcp"]
    host: str = Field(min_length=1)
    port: int = Field(502, ge=1, le=65535)


BusSettings = RtuSettings | TcpSettings


def usable_parity(settings: RtuSettings) -> str:
    """Return the parity to open the port with.

    A pseudo-terminal carries no parity bit and refuses to be set to one.
    """
    # Resolving a link is one system call on a local file system.
    resolved = str(Path(settings.port).resolve())
    return "N" if resolved.startswith(_PSEUDO_TERMINALS) else settings.parity
