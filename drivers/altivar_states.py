"""The states of a CiA 402 drive and the control words that lead from one to the next. Pure."""

from enum import Enum, unique


@unique
class DriveState(Enum):
    """State shown by the status word ETA."""

    NOT_READY = "not_ready"
    SWITCH_ON_DISABLED = "switch_on_disabled"
    READY = "ready_to_switch_on"
    SWITCHED_ON = "switched_on"
    ENABLED = "operation_enabled"
    QUICK_STOP = "quick_stop_active"
    FAULT_REACTION = "fault_reaction_active"
    FAULT = "fault"


DISABLE_VOLTAGE = 0x0000
QUICK_STOP = 0x0002
SHUTDOWN = 0x0006
SWITCH_ON = 0x0007
ENABLE = 0x000F
FAULT_RESET = 0x0080

WALK = {
    DriveState.SWITCH_ON_DISABLED: (SHUTDOWN, DriveState.READY),
    DriveState.READY: (SWITCH_ON, DriveState.SWITCHED_ON),
    DriveState.SWITCHED_ON: (ENABLE, DriveState.ENABLED),
    DriveState.QUICK_STOP: (DISABLE_VOLTAGE, DriveState.SWITCH_ON_DISABLED),
}
"""The one command that leads on from each state, and the state it must be seen to lead to."""

STOPPED = frozenset(
    {
        DriveState.SWITCH_ON_DISABLED,
        DriveState.READY,
        DriveState.SWITCHED_ON,
        DriveState.QUICK_STOP,
        DriveState.FAULT,
    }
)
"""States in which the drive follows no speed reference."""

_BY_6F = {
    0x21: DriveState.READY,
    0x23: DriveState.SWITCHED_ON,
    0x27: DriveState.ENABLED,
    0x07: DriveState.QUICK_STOP,
}


def drive_state(eta: int) -> DriveState:
    """Return the state a status word shows (CiA 402; mains present, bit 4, is no part of it)."""
    if eta & 0x0F == 0x08:
        return DriveState.FAULT
    if eta & 0x4F == 0x0F:
        return DriveState.FAULT_REACTION
    if eta & 0x4F == 0x40:
        return DriveState.SWITCH_ON_DISABLED
    return _BY_6F.get(eta & 0x6F, DriveState.NOT_READY)
