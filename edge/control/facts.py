"""From a lane's own words to those of the law, the core and the board.

Plain translation; nothing is decided here and nothing unknown is filled in.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edge.core.interlocks import Inputs
from edge.core.state import Limits as CoreLimits
from edge.core.values import Input
from edge.lane_file import AXIS_NAMES
from edge.law.envelope import Axis, Envelope, Limits, Measurement, Origin
from edge.law.manifest import (
    VEHICLE_SEPARATOR,
    CarrierRequest,
    Direction,
    Document,
    GoodsLine,
    IdentityState,
    ManifestFacts,
    ManifestState,
    no_manifest,
)
from edge.messages.base import moment
from edge.messages.manifest import CarrierRequest as Request
from edge.messages.manifest import Manifest
from edge.ports import Belief
from edge.settings import LaneFile, Seasoning

DETAIL_LIMIT = 300
_AXES = {name: axis for axis, name in AXIS_NAMES.items()}


class Gauge(NamedTuple):
    """One axis that is measured, and the sources of its amount and of its uncertainty."""

    axis: Axis
    amount: str
    uncertainty: str


def gauges_of(lane: LaneFile) -> tuple[Gauge, ...]:
    """What the lane measures."""
    found = []
    for name, axis in _AXES.items():
        source = getattr(lane.gauges, name)
        if source is not None:
            device, unit = source.split(".", 1)[0], axis.value.removeprefix(f"{name}_")
            found.append(Gauge(axis, source, f"{device}.uncertainty_{unit}"))
    return tuple(found)


def envelope_of(lane: LaneFile) -> Envelope:
    """The lane's envelope as the law takes it: what has a gauge must be measured."""
    section = lane.envelope
    spans = {axis.value: getattr(section, axis.value) for axis in Axis}
    gauged = frozenset(gauge.axis for gauge in gauges_of(lane))
    return Envelope(
        **{name: Limits(*span) for name, span in spans.items() if span is not None},
        must_measure=gauged.union(_AXES[name] for name in section.must_measure),
    )


def direction_of(lane: LaneFile) -> Direction | None:
    """The one direction a lane serves, None where it serves both."""
    return None if lane.lane.direction is None else Direction(lane.lane.direction)


def manifest_facts(
    papers: tuple[Manifest, ...],
    identity: IdentityState,
    now: datetime,
    serves: Direction | None = None,
) -> ManifestFacts:
    """What the law sees of a unit's papers; their signatures were checked when they came in.

    Args:
        papers: none, the manifest, everything that one version of it says when that is more than
            one thing, or all the manifests that the unit's identifiers name.
        identity: whether they are of this unit.
        now: the present moment.
        serves: the one direction of the lane, None where it serves both.
    """
    if not papers:
        return no_manifest(serves or Direction.UNKNOWN, identity)
    first = papers[0]
    one_manifest = len({one.id for one in papers}) == 1
    request, sizes = first.carrier_request, first.dimensions
    same_request = all(one.carrier_request == request for one in papers)
    same_sizes = one_manifest and all(one.dimensions == sizes for one in papers)
    return ManifestFacts(
        state=_state(papers, now) if one_manifest else ManifestState.MISSING,
        direction=_direction(papers, serves),
        carrier_request=_request(request) if same_request else None,
        goods=_goods(papers),
        declared=_declared(first) if same_sizes else (),
        identity=identity,
        documents=_documents(papers),
        vehicle=_vehicle(papers),
        private_vehicle=all(one.private_vehicle for one in papers),
        manifest_id=first.id if one_manifest else "",
        version=first.version if one_manifest else 0,
    )


def decided_until(
    papers: tuple[Manifest, ...], day: date, zone: ZoneInfo, now: datetime
) -> datetime:
    """Until when the passing of time alone changes nothing: the papers' end, and the civil day's.

    Args:
        papers: of the unit.
        day: the civil day at the lane.
        zone: of the lane.
        now: the present moment; papers that are out of date already do not end again.
    """
    midnight = datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(microseconds=1)
    ends = [moment(one.valid_until) for one in papers]
    return min([midnight, *(end for end in ends if end >= now)])


def _state(papers: tuple[Manifest, ...], now: datetime) -> ManifestState:
    if len(papers) > 1:
        return ManifestState.CONTRADICTED
    stale = moment(papers[0].valid_until) < now
    return ManifestState.STALE if stale else ManifestState.PRESENT


def _direction(papers: tuple[Manifest, ...], serves: Direction | None) -> Direction:
    """What all papers say, the carrier's request included; the lane overrules none of them."""
    if serves is not None and any(one.direction != serves.value for one in papers):
        return Direction.CONTRADICTED
    first = papers[0]
    said = {(one.direction, one.carrier_request) for one in papers}
    if len({one.id for one in papers}) > 1:
        return serves or Direction.UNKNOWN
    return Direction(first.direction) if len(said) == 1 else Direction.UNKNOWN


def _goods(papers: tuple[Manifest, ...]) -> tuple[GoodsLine, ...]:
    """Every line of all of them: what only one declares is not left out."""
    lines = [GoodsLine(line.tnved_code, line.description) for one in papers for line in one.goods]
    return tuple(lines) if len(papers) == 1 else tuple(dict.fromkeys(lines))


def _documents(papers: tuple[Manifest, ...]) -> tuple[Document, ...]:
    """Every document of all of them."""
    said = [
        Document(document.type, document.number) for one in papers for document in one.documents
    ]
    return tuple(said) if len(papers) == 1 else tuple(dict.fromkeys(said))


def _vehicle(papers: tuple[Manifest, ...]) -> str:
    """Every kind of vehicle that is named: which of them it is, is not known."""
    kinds = [one.transport.kind for one in papers if one.transport is not None]
    return VEHICLE_SEPARATOR.join(dict.fromkeys(kinds))


def _request(request: Request | None) -> CarrierRequest | None:
    if request is None:
        return None
    try:
        dated = date.fromisoformat(request.date)
    except ValueError:
        dated = None  # a date that is none does not date the request
    return CarrierRequest(request.reference, dated, request.name)


def _declared(manifest: Manifest) -> tuple[Measurement, ...]:
    sizes = manifest.dimensions
    if sizes is None:
        return ()
    amounts = {axis: getattr(sizes, axis.value) for axis in Axis if axis is not Axis.SPEED}
    return tuple(
        Measurement(axis, amount, 0, Origin.DECLARED)
        for axis, amount in amounts.items()
        if amount is not None
    )


def belief_of(inputs: Inputs) -> Belief:
    """What the host tells the board it believes: whatever is in doubt is not believed."""
    return Belief(
        estop_ok=inputs.estop is Input.OK,
        key_on=inputs.key is Input.OK,
        doors_closed=inputs.doors is Input.OK,
        secured=inputs.secured is Input.OK,
        zone_clear=inputs.zone is Input.OK,
        lamp_proven=inputs.lamp is Input.OK and inputs.horn is Input.OK,
        barrier_closed=inputs.entry_barrier is Input.OK,
    )


def limits_of(lane: LaneFile) -> CoreLimits:
    """The core's limits in ticks. A warning is rounded up and gets one tick more."""
    timing = lane.timing

    def ticks(span_ms: int) -> int:
        return -(-span_ms // timing.tick_ms)

    seasoning = lane.source.seasoning
    service_ms = seasoning.longest_s * 1000 if isinstance(seasoning, Seasoning) else timing.tick_ms
    return CoreLimits(
        warning_ticks=ticks(timing.warning_ms) + 1,
        stall_ticks=ticks(timing.stall_ms),
        hv_ticks=ticks(timing.hv_ms),
        stray_ticks=ticks(timing.stray_ms),
        travel_ticks=ticks(timing.travel_ms),
        hold_ticks=ticks(timing.hold_ms),
        image_ticks=ticks(timing.image_ms),
        service_ticks=ticks(service_ms),
        release_at_once=lane.policy.release == "at_once",
    )


def who_and_why(note: Mapping[str, object]) -> dict[str, str]:
    """Which device or reading has brought a fault and what it says; only what is known."""
    told = {key: str(note.get(key) or "") for key in ("device", "source", "detail")}
    return {
        key: text.encode(errors="replace").decode()[:DETAIL_LIMIT]
        for key, text in told.items()
        if text
    }
