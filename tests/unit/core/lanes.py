"""A lane in a test's hand: the core's state and what each step led to."""

from collections.abc import Iterable

from edge.core import events as ev
from edge.core.effects import Effect, Entry, EntryKind
from edge.core.inspection import InspectionState
from edge.core.interlocks import FEEDBACKS, OPTIONAL, Feedback, Inputs
from edge.core.machine import step
from edge.core.state import Limits, State, restarted
from edge.core.tracking import Sensor
from edge.core.values import Input, Plausibility, Presence
from edge.law.verdicts import VerdictKind

LIMITS = Limits(
    warning_ticks=3, stall_ticks=2, hv_ticks=2, stray_ticks=3, travel_ticks=50, hold_ticks=5,
    image_ticks=20, service_ticks=40, release_at_once=False,
)  # fmt: skip

UNIT, NEXT = 1, 2


def good_inputs() -> Inputs:
    """Every row good and every feedback off."""
    rows = [
        Input.NOT_FITTED if row in OPTIONAL else Input.OK
        for row in Inputs._fields
        if row not in FEEDBACKS
    ]
    return Inputs._make([*rows, Feedback.OFF, Feedback.OFF, Feedback.OFF])


class Lane:
    """Feeds the real step and keeps everything it led to."""

    def __init__(self, limits: Limits = LIMITS, state: State | None = None) -> None:
        self.limits = limits
        self.state = restarted(()) if state is None else state
        self.inputs = good_inputs()
        self.entries: list[Entry] = []
        self.effects: list[Effect] = []

    def take(self, *happened: ev.Event) -> "Lane":
        """Take events; ``entries`` and ``effects`` are then those of these events."""
        self.entries, self.effects = [], []
        for event in happened:
            led = step(self.state, event, self.limits)
            self.state = led.state
            self.entries += led.entries
            self.effects += [request.effect for request in led.effects]
        return self

    def read(self, **rows: Input | Feedback) -> "Lane":
        """Have inputs read differently."""
        self.inputs = self.inputs._replace(**rows)
        return self.take(ev.InputsChanged(self.inputs))

    def tick(self, count: int = 1) -> "Lane":
        """Take healthy ticks."""
        return self.take(*[ev.Tick(1)] * count)

    def sense(
        self,
        sensor: Sensor,
        presence: Presence,
        token: int = UNIT,
        length: Plausibility = Plausibility.PLAUSIBLE,
    ) -> "Lane":
        """Have one presence sensor change."""
        return self.take(ev.SensorChanged(sensor, presence, token, length))

    def occupied(self, sensor: Sensor, token: int = UNIT) -> "Lane":
        """Have a sensor see something."""
        return self.sense(sensor, Presence.OCCUPIED, token)

    def clear(self, sensor: Sensor) -> "Lane":
        """Have a sensor see nothing any more."""
        return self.sense(sensor, Presence.CLEAR)

    def kinds(self) -> set[EntryKind]:
        """The kinds of the entries of the last events."""
        return {entry.kind for entry in self.entries}

    def causes(self, kind: EntryKind) -> list[str]:
        """The causes of the entries of one kind."""
        return [entry.cause for entry in self.entries if entry.kind is kind]

    def where(self, token: int = UNIT) -> InspectionState | None:
        """Where an inspection stands, ``None`` when it is closed."""
        found = [one.state for one in self.state.inspections if one.token == token]
        return found[0] if found else None


def before(effects: Iterable[Effect], first: Effect, second: Effect) -> bool:
    """Whether one effect stands before another."""
    order = list(effects)
    return order.index(first) < order.index(second)


def proven(limits: Limits = LIMITS) -> Lane:
    """A lane proven empty, keyed and secured."""
    lane = Lane(limits)
    lane.read(key=Input.BLOCKED, secured=Input.BLOCKED, lamp=Input.BLOCKED, horn=Input.BLOCKED,
              belt=Input.BLOCKED)  # fmt: skip
    for sensor in Sensor:
        lane.clear(sensor)
    return lane.read(key=Input.OK, secured=Input.OK)


def arrived(limits: Limits = LIMITS) -> Lane:
    """A unit stands at the entry and has no verdict yet."""
    return proven(limits).occupied(Sensor.ENTRY)


def verdict(kind: VerdictKind, token: int = UNIT, route: ev.Route = ev.Route.PASS) -> ev.Event:
    """A verdict."""
    return ev.VerdictGiven(token, kind, route)


def arming(limits: Limits = LIMITS) -> Lane:
    """The detector is being armed for the unit."""
    return arrived(limits).take(verdict(VerdictKind.SCAN))


def warning(limits: Limits = LIMITS) -> Lane:
    """The warning has been asked for and is proven by current, but for no tick yet."""
    return arming(limits).take(ev.DetectorArmed(UNIT)).read(lamp=Input.OK, horn=Input.OK)


def admitting(limits: Limits = LIMITS) -> Lane:
    """The entry is open and the belt runs; the unit has not moved yet."""
    lane = warning(limits).tick(limits.warning_ticks)
    return lane.read(belt=Input.OK, entry_barrier=Input.BLOCKED)


def intent(limits: Limits = LIMITS) -> Lane:
    """The unit is inside, the entry closed; the intent is on its way to the disk."""
    lane = admitting(limits).occupied(Sensor.TUNNEL_IN, NEXT).clear(Sensor.ENTRY)
    return lane.read(entry_barrier=Input.OK)


def scanning(limits: Limits = LIMITS) -> Lane:
    """The beam is on."""
    lane = intent(limits).take(ev.IntentCommitted(UNIT))
    return lane.read(hv=Feedback.ON, relay=Feedback.ON, beam=Feedback.ON)


def scanned(limits: Limits = LIMITS) -> Lane:
    """The unit stands at the exit, its image not stored yet, feedbacks off again."""
    lane = scanning(limits).clear(Sensor.TUNNEL_IN).occupied(Sensor.TUNNEL_OUT)
    lane.occupied(Sensor.EXIT).clear(Sensor.TUNNEL_OUT)
    return lane.read(
        hv=Feedback.OFF, relay=Feedback.OFF, beam=Feedback.OFF, lamp=Input.BLOCKED,
        horn=Input.BLOCKED, belt=Input.BLOCKED,
    )  # fmt: skip


STAGES = {
    "arming": arming, "warning": warning, "admitting": admitting, "intent": intent,
    "scanning": scanning,
}  # fmt: skip
"""Every stage in which a beam is prepared or on."""

SERVICE = -1
"""The token of a service mission."""


def in_service(limits: Limits = LIMITS) -> Lane:
    """A lane proven empty whose key has been turned on to SERVICE."""
    return proven(limits).read(service=Input.OK)


def service_warning(limits: Limits = LIMITS) -> Lane:
    """A service mission is permitted; its warning is proven by current, but for no tick yet."""
    lane = in_service(limits).take(ev.ServicePermitted(SERVICE))
    return lane.read(lamp=Input.OK, horn=Input.OK)


def service_intent(limits: Limits = LIMITS) -> Lane:
    """The intent of a beam without a unit is on its way to the disk."""
    return service_warning(limits).tick(limits.warning_ticks)


def serving(limits: Limits = LIMITS) -> Lane:
    """A beam without a unit is on."""
    lane = service_intent(limits).take(ev.IntentCommitted(SERVICE))
    return lane.read(hv=Feedback.ON, relay=Feedback.ON, beam=Feedback.ON)


SERVICE_STAGES = {"warning": service_warning, "intent": service_intent, "beam": serving}
"""Every stage of a service mission."""
