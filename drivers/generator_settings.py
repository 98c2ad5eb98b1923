"""What every generator has in the lane file."""

from typing import Self

from pydantic import Field, model_validator

from drivers.serial_line import SerialSettings

OFF_ATTEMPTS = 3
FULL_SCALE = 4095
"""Set points and monitors are 12-bit numbers."""


class GeneratorSettings(SerialSettings):
    """What every generator has in the lane file.

    Attributes:
        kv_max: kilovolts at full scale.
        ma_max: milliamperes at full scale.
        poll_ms: between two polls.
        timeout_ms: longest wait for one answer.
        quiet_ms: silence in which late answers pass after one that did not come; an answer later
            than timeout_ms + quiet_ms can be taken for the next one's.
        off_ms: longest wait for high voltage to leave the status before HV off is repeated.
        command_ms: longest wait for a whole command.
        misses: polls in a row without an answer before the generator counts as lost; two, once it
            has said nothing for so many ``timeout_ms``.
    """

    kv_max: float = Field(gt=0, le=1000)
    ma_max: float = Field(gt=0, le=1000)
    poll_ms: int = Field(default=100, ge=20, le=5000)
    timeout_ms: int = Field(default=300, ge=20, le=5000)
    quiet_ms: int = Field(default=600, ge=20, le=10_000)
    off_ms: int = Field(default=300, ge=20, le=5000)
    command_ms: int = Field(default=5000, ge=100, le=60_000)
    misses: int = Field(default=3, ge=1, le=20)

    @model_validator(mode="after")
    def _leaves_time_for_hv_off(self) -> Self:
        if self.quiet_ms < self.timeout_ms:
            raise ValueError(f"quiet_ms must be at least timeout_ms, {self.timeout_ms}")
        longest_ms = OFF_ATTEMPTS * (2 * self.timeout_ms + self.quiet_ms + self.off_ms)
        if longest_ms >= self.command_ms:
            raise ValueError(
                f"{OFF_ATTEMPTS} attempts at HV off take up to {longest_ms} ms (twice "
                "timeout_ms, quiet_ms and off_ms each): command_ms must be longer"
            )
        return self
