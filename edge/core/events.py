"""Everything that can happen to a lane, as the core sees it: small, hashable, without time."""

from enum import unique
from typing import NamedTuple

from edge.core.faults import Fault
from edge.core.interlocks import Inputs
from edge.core.tracking import Sensor
from edge.core.values import Plausibility, Presence, Word
from edge.law.verdicts import VerdictKind


@unique
class Route(Word):
    """What becomes of a unit that is not scanned."""

    PASS = "pass"  # noqa: S105 - a way through the lane, not a secret
    TURN_AWAY = "turn_away"


@unique
class Answer(Word):
    """What an officer may answer to a HOLD."""

    SCAN = "scan"
    PASS = "pass"  # noqa: S105 - a way through the lane, not a secret
    TURN_AWAY = "turn_away"


class Tick(NamedTuple):
    """``periods`` tick periods have passed and the control loop is healthy."""

    periods: int


class Stalled(NamedTuple):
    """The control loop stood still for longer than a healthy tick allows."""


class InputsChanged(NamedTuple):
    """The interlock inputs read differently."""

    inputs: Inputs


class SensorChanged(NamedTuple):
    """A presence sensor changed.

    ``token`` is the unused token to give to a unit should this be an arrival; ``length`` says
    whether the length measured fits the unit (for ``ENTRY`` and ``TUNNEL_IN`` clearing).
    """

    sensor: Sensor
    presence: Presence
    token: int
    length: Plausibility


class VerdictGiven(NamedTuple):
    """The law has decided, first or anew."""

    token: int
    verdict: VerdictKind
    route: Route


class HoldAnswered(NamedTuple):
    """A named officer answered a HOLD; his right to do so has been checked."""

    token: int
    answer: Answer


class DetectorArmed(NamedTuple):
    """The image worker has armed the detector for this unit."""

    token: int


class IntentCommitted(NamedTuple):
    """The entry that justifies the beam for this unit is on disk."""

    token: int


class LinesProgressed(NamedTuple):
    """Detector lines of the running scan have arrived since the last tick."""

    token: int


class LeaseLost(NamedTuple):
    """The board reports that the lease has ended though we did not end it."""


class BoardRestarted(NamedTuple):
    """The board counts key edges anew: it was without power."""


class ImageStored(NamedTuple):
    """The scan package of this unit is on disk under its final name."""

    token: int


class ImageFailed(NamedTuple):
    """The scan of this unit did not become a package."""

    token: int


class OutcomeGiven(NamedTuple):
    """The OAC has answered both questions for this unit."""

    token: int


class AbortRequested(NamedTuple):
    """An officer wants the running scan of this unit ended."""

    token: int


class DriverRefused(NamedTuple):
    """The driver of this unit refuses to drive through; an officer has recorded it."""

    token: int


class ServicePermitted(NamedTuple):
    """The law has permitted a beam without a unit; ``token`` is below 0 and no unit's."""

    token: int


class ServiceDone(NamedTuple):
    """What the service mission of this token was for is done."""

    token: int


class FaultRaised(NamedTuple):
    """A fault began (``present``) or happened once (not ``present``)."""

    fault: Fault
    present: bool


class FaultGone(NamedTuple):
    """A fault's cause is gone."""

    fault: Fault


class Acknowledged(NamedTuple):
    """An officer acknowledged one fault, or the stopped lane as it stands (``None``)."""

    fault: Fault | None = None


class LocalReset(NamedTuple):
    """The board reported an edge of the local reset."""


Event = (
    Tick
    | Stalled
    | InputsChanged
    | SensorChanged
    | VerdictGiven
    | HoldAnswered
    | DetectorArmed
    | IntentCommitted
    | LinesProgressed
    | LeaseLost
    | BoardRestarted
    | ImageStored
    | ImageFailed
    | OutcomeGiven
    | AbortRequested
    | DriverRefused
    | ServicePermitted
    | ServiceDone
    | FaultRaised
    | FaultGone
    | Acknowledged
    | LocalReset
)
