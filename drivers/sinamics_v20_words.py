"""What the V20's section and words mean: settings, control word, status. No input or output.

What the documents at hand do not say has no default: the lane file states it.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

STOP_WORD, RUN_WORD = 0x047E, 0x047F
"""Ready to run, and running (A5E03728167; bits 1 to 6 and 10 are set in both)."""
FAULT_ACK = 1 << 7
OTHER_DIRECTION = 1 << 11


class SinamicsV20Settings(BaseModel):
    """The drive of a lane file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["sinamics_v20"]
    bus: str = Field(description="Bus the drive is on")
    unit: int = Field(1, ge=1, le=247, description="Modbus device id (P2021)")
    full_scale: int = Field(ge=1, le=0x7FFF, description="HSW and HIW at 100 %")
    mm_s_at_full_scale: float = Field(gt=0, le=10_000, description="Belt speed at 100 %")
    forward: Literal["047F", "0C7F"] = Field(description="Control word that runs the belt forward")
    actual: Literal["signed", "magnitude"] = Field(
        description="Whether HIW is negative while bit 11 of the control word is set"
    )
    running_bit: int = Field(ge=0, le=15, description="Bit of ZSW that is 1 while the motor runs")
    fault_bit: int = Field(ge=0, le=15, description="Bit of ZSW that is 1 in a fault")
    watchdog_action: int = Field(
        ge=1, le=0xFFFF, description="Register 40002 with which the belt was seen to stop"
    )
    watchdog_max_ms: int = Field(1000, ge=100, le=1000, description="Longest allowed 40001")
    p2014_ms: int | None = Field(
        None, ge=1, le=1000, description="Telegram-off time P2014 as read at the drive's panel"
    )
    poll_ms: int = Field(100, ge=20, le=1000, description="Period of the status poll")
    refresh_ms: int = Field(200, ge=50, le=1000, description="Period of the command refresh")
    step_timeout_ms: int = Field(500, ge=50, le=5000, description="Longest wait for one step")
    stop_timeout_ms: int = Field(3000, ge=100, le=10_000, description="Longest wait to stand")
    misses: int = Field(2, ge=1, le=10, description="Missing answers until it counts as lost")

    @model_validator(mode="after")
    def _fits_together(self) -> "SinamicsV20Settings":
        if 3 * self.refresh_ms > self.watchdog_max_ms:
            raise ValueError("refresh_ms must be at most a third of watchdog_max_ms")
        if self.running_bit == self.fault_bit:
            raise ValueError("running_bit and fault_bit are two bits of ZSW")
        if self.p2014_ms is not None and self.p2014_ms > self.watchdog_max_ms:
            raise ValueError(f"p2014_ms must be at most watchdog_max_ms, {self.watchdog_max_ms}")
        return self


@dataclass(frozen=True, slots=True)
class DriveStatus:
    """What ZSW and HIW say, in the words of the lane; ``speed_mm_s`` None when they contradict."""

    running: bool
    faulty: bool
    speed_mm_s: int | None


def command_words(settings: SinamicsV20Settings, speed_mm_s: int) -> tuple[int, int]:
    """Return control word and set point that run the belt at a signed speed. Pure."""
    forward_has_bit = settings.forward == "0C7F"
    word = RUN_WORD | (OTHER_DIRECTION if forward_has_bit == (speed_mm_s >= 0) else 0)
    return word, round(abs(speed_mm_s) / settings.mm_s_at_full_scale * settings.full_scale)


def drive_status(settings: SinamicsV20Settings, zsw: int, hiw: int, word: int) -> DriveStatus:
    """Return what the drive says; ``word`` is the control word it obeys. Pure."""
    forward_has_bit = settings.forward == "0C7F"
    speed: int | None = round(hiw * settings.mm_s_at_full_scale / settings.full_scale)
    if settings.actual == "signed":
        speed = -speed if speed and forward_has_bit else speed
    elif hiw < 0:
        speed = None
    elif forward_has_bit != bool(word & OTHER_DIRECTION):
        speed = -speed if speed else speed
    return DriveStatus(
        running=bool(zsw >> settings.running_bit & 1),
        faulty=bool(zsw >> settings.fault_bit & 1),
        speed_mm_s=speed,
    )
