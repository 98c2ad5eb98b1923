"""The one exception tree. Raised at adapters; turned into fault events in one place, the runner.

EdgeError
  SettingsError        refuse to start: file, key, value, reason, remedy
  DeviceError          a device failed: names device and operation
    DeviceTimeout      no answer in time
    DeviceUnreachable  the port or the host is not there
    DeviceGarbled      the far side broke its protocol
    DeviceRefused      the far side understood and said no
  JournalError
    JournalUnavailable cannot write now
    JournalCorrupt     what is stored does not verify
  ScanError
    ScanIncomplete     lines missing, worker gone, beam lost
    CalibrationMissing no calibration fits
  ArchiveError         a scan package could not be stored or read
  PublishError         the broker or the contract refused
  CommandRefused       an officer's act that is not allowed, with the reason
"""

from dataclasses import dataclass


class EdgeError(Exception):
    """Everything the world can do to us. Our own mistakes are assertions instead."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with a file a person wrote.

    Attributes:
        file: the file as the person named it.
        key: dotted path of the key, or ``-`` for the whole file.
        value: the offending value as text.
        reason: what is wrong with it.
        remedy: what to do about it.
        line: line in the file, 0 when unknown.
    """

    file: str
    key: str
    value: str
    reason: str
    remedy: str
    line: int = 0

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        shown = f" = {self.value}" if self.value else ""
        return f"{where}: {self.key}{shown}: {self.reason}. {self.remedy}"


class SettingsError(EdgeError):
    """A configuration with mistakes; carries all of them, not just the first."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class DeviceError(EdgeError):
    """A device failed. ``device`` is the name in the lane file, ``operation`` what was tried."""

    def __init__(self, device: str, operation: str, detail: str) -> None:
        super().__init__(f"{device}: {operation}: {detail}")
        self.device = device
        self.operation = operation
        self.detail = detail


class DeviceTimeout(DeviceError):
    """No answer in the time the settings allow."""


class DeviceUnreachable(DeviceError):
    """The port, line or host is not there."""


class DeviceGarbled(DeviceError):
    """The far side answered something its protocol does not allow."""


class DeviceRefused(DeviceError):
    """The far side understood and refused."""


class JournalError(EdgeError):
    """The journal failed."""


class JournalUnavailable(JournalError):
    """The journal cannot be written; nothing permissive may happen."""


class JournalCorrupt(JournalError):
    """What the journal holds does not verify."""


class ScanError(EdgeError):
    """A scan did not become an image."""


class ScanIncomplete(ScanError):
    """Lines are missing, or the worker or the beam was lost before the end."""


class CalibrationMissing(ScanError):
    """No calibration fits the detector and the date."""


class ArchiveError(EdgeError):
    """A scan package could not be stored or read back."""


class PublishError(EdgeError):
    """The broker, or the contract with headquarters, refused a message."""


class CommandRefused(EdgeError):
    """An officer's act that is not allowed now, or not to this officer; says why."""
