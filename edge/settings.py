"""The models of a lane file.

Sections of buses and devices are kept raw here: each driver owns the model of its own section.
"""

from collections.abc import Callable
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

LaneId = Annotated[str, Field(pattern=r"^[a-z0-9-]{3,40}$")]
Source = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]


Span = Annotated[tuple[int, int], Field(strict=False)]
"""Smallest and largest, both included."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError("is no time zone of the IANA list") from error
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]


class Section(BaseModel):
    """Base of every section: frozen, no unknown keys, no silent conversion of types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LaneSection(Section):
    """Who the lane is."""

    id: LaneId = Field(description="Lane id, also its MQTT user name and certificate name")
    checkpoint: str = Field(min_length=1, description="Border checkpoint the lane stands at")
    timezone: Zone = Field(description="IANA zone of the civil day, such as Asia/Almaty")
    units: Literal["goods", "vehicles"] = Field(
        description="What comes: goods on a belt, or vehicles with a driver to be asked"
    )
    direction: Literal["arrival", "departure"] | None = Field(
        None, description="The one direction this lane serves; left out where it serves both"
    )
    simulated: bool = Field(
        description="True: devices and officers may be simulated; all is marked"
    )


class Timing(Section):
    """Times of the lane logic in milliseconds."""

    tick_ms: int = Field(50, ge=10, le=50, description="Period of the control loop")
    warning_ms: int = Field(ge=5000, le=30000, description="Proven warning before the beam")
    stall_ms: int = Field(200, ge=100, le=200, description="Longest time without lines in a beam")
    hv_ms: int = Field(2000, ge=100, le=5000, description="High voltage must be seen within")
    stray_ms: int = Field(500, ge=100, le=1000, description="Longest lag of beam feedback")
    travel_ms: int = Field(ge=1000, le=600000, description="Longest time between two sensors")
    identify_ms: int = Field(ge=500, le=600000, description="Time for two identifiers to be read")
    measure_ms: int = Field(ge=200, le=60000, description="Time a unit is measured at least")
    hold_ms: int = Field(ge=1000, le=86400000, description="Time an officer has for an answer")
    image_ms: int = Field(
        120_000, ge=5000, le=3_600_000, description="Longest time from a scan to its stored image"
    )
    stale_ms: int = Field(ge=100, le=1000, description="Age limit of safety, board and belt")
    slow_stale_ms: int = Field(ge=500, le=5000, description="Age limit of all other readings")


class Policy(Section):
    """What the order leaves to the site."""

    release: Literal["after_outcome", "at_once"] = Field(description="When a scanned unit may go")
    exempt_route: Literal["pass", "turn_away"] = Field(description="Way of units exempt by code")
    no_basis_route: Literal["pass", "turn_away"] = Field(description="Way of units without basis")
    four_eyes: bool = Field(
        default=False, description="An OMS's scan or confirmed identity waits for a second OMS"
    )
    one_person: bool = Field(
        default=False, description="The OAC may have acted as OMS of the same inspection"
    )


class Envelope(Section):
    """What the inspection complex can scan: smallest and largest, both included."""

    source: str = Field(min_length=1, description="Where the figures come from")
    height_mm: Span = Field(description="Smallest and largest height")
    width_mm: Span = Field(description="Smallest and largest width")
    length_mm: Span = Field(description="Smallest and largest length")
    mass_kg: Span | None = Field(None, description="Gross mass; left out: not asked for")
    axle_load_kg: Span | None = Field(None, description="Heaviest axle; left out: not asked for")
    ground_clearance_mm: Span | None = Field(
        None, description="Smallest height above the road; left out: not asked for"
    )
    speed_mm_s: Span | None = Field(None, description="Speed of coming; left out: not asked for")
    must_measure: tuple[
        Literal["height", "width", "length", "mass", "axle_load", "ground_clearance", "speed"], ...
    ] = Field(strict=False, description="Amounts that may not be merely declared")


class Belt(Section):
    """How the conveyor is driven."""

    device: str = Field(description="Device that drives the belt")
    speed_mm_s: int = Field(ge=50, le=2000, description="Scan speed")
    band_percent: int = Field(ge=1, le=20, description="Allowed deviation from it")
    entry_to_tunnel_mm: int = Field(
        ge=100, le=20000, description="From the end of the entry sensor to the tunnel-in sensor"
    )
    length_tolerance_mm: int = Field(ge=20, le=1000, description="Tolerance of measured lengths")


class NotNeeded(Section):
    """Says that the maker of the generator asks for no such care, and where that stands."""

    not_needed: str = Field(min_length=10, description="Reason, with its source")


class Duty(Section):
    """How long the tube may radiate: a pause, a share of a sliding window, or both."""

    source: str = Field(min_length=1, description="Where the figures come from")
    pause_s: int | None = Field(None, ge=1, le=86_400, description="Rest after every exposure")
    window_s: int | None = Field(None, ge=10, le=86_400, description="Length of the window")
    on_s: int | None = Field(None, ge=1, le=86_400, description="Longest radiation in any window")


class WarmUp(Section):
    """How long the generator warms up."""

    source: str = Field(min_length=1, description="Where the figure comes from")
    warm_up_s: int = Field(ge=1, le=86_400, description="From power-on until it may radiate")


class SeasoningStep(Section):
    """One step of the maker's schedule."""

    kv: float = Field(gt=0, le=1000, description="Tube voltage in kV")
    ma: float = Field(gt=0, le=1000, description="Tube current in mA")
    hold_s: int = Field(ge=1, le=3600, description="Time at this voltage")


class Seasoning(Section):
    """When a tube that stood cold is seasoned, and how."""

    source: str = Field(min_length=1, description="Where schedule and figures come from")
    season_after_h: int = Field(ge=1, le=8760, description="Longest time without a scan")
    tolerance_percent: int = Field(
        ge=1, le=20, description="A step counts while the voltage read is so near to it"
    )
    longest_s: int = Field(
        ge=10, le=7200, description="Longest seasoning that an officer may be permitted"
    )
    steps: tuple[SeasoningStep, ...] = Field(
        strict=False, min_length=1, max_length=100, description="The schedule, first step first"
    )


def _care(name: str) -> Callable[[object], str]:
    """Which of the two a table is, so that only the mistakes of this one are told."""

    def tag(value: object) -> str:
        spared = isinstance(value, NotNeeded) or (isinstance(value, dict) and "not_needed" in value)
        return "NotNeeded" if spared else name

    return tag


class SourceSection(Section):
    """How the generator is set for a scan, and what its tube needs."""

    device: str = Field(description="Device of the X-ray generator")
    kv: float = Field(gt=0, le=10000, description="Tube voltage in kV")
    ma: float = Field(gt=0, le=1000, description="Tube current in mA")
    max_exposure_ms: int = Field(ge=1000, le=600000, description="Longest exposure of one scan")
    duty: Annotated[
        Annotated[Duty, Tag("Duty")] | Annotated[NotNeeded, Tag("NotNeeded")],
        Discriminator(_care("Duty")),
    ] = Field(description="How long the tube may radiate")
    warm_up: Annotated[
        Annotated[WarmUp, Tag("WarmUp")] | Annotated[NotNeeded, Tag("NotNeeded")],
        Discriminator(_care("WarmUp")),
    ] = Field(description="How long the generator warms up")
    seasoning: Annotated[
        Annotated[Seasoning, Tag("Seasoning")] | Annotated[NotNeeded, Tag("NotNeeded")],
        Discriminator(_care("Seasoning")),
    ] = Field(description="When a cold tube is seasoned, and how")


class Presence(Section):
    """Source of each presence sensor."""

    entry: Source
    tunnel_in: Source
    tunnel_out: Source
    exit: Source


class Gauges(Section):
    """Source of each measured amount; its device also publishes the uncertainty, in its unit."""

    height: Source
    width: Source
    length: Source | None = None
    mass: Source | None = None
    axle_load: Source | None = None
    ground_clearance: Source | None = None
    speed: Source | None = None


class NotFitted(Section):
    """Says that an optional interlock row is not there, and why that is acceptable."""

    not_fitted: str = Field(min_length=10, description="Reason")


class Detector(Section):
    """Where the line detector is."""

    host: str
    port: int = Field(ge=1, le=65535)
    detectors: int = Field(ge=16, le=20000, description="Detector elements of a line")
    reference_pixels: int = Field(ge=4, le=256, description="Leading elements beside the tunnel")
    max_lines: int = Field(ge=100, le=200000, description="Longest scan in lines, of all energies")
    energies: Literal[1, 2] = Field(
        1, description="2: lines alternate between the high and the low energy of a linac"
    )


class Mqtt(Section):
    """The broker and how it is spoken to."""

    url: str = Field(pattern=r"^mqtts?://[^\s/]+:\d+$", description="mqtt://host:port")
    health_s: int = Field(10, ge=1, le=3600, description="Period of health messages")
    will_delay_s: int = Field(15, ge=0, le=600, description="Delay of the will after a lost link")


class Law(Section):
    """Which rule tables are used."""

    tables: str = Field(description="Folder of dated exemption tables, relative to the lane file")


class Storage(Section):
    """How much room must be left."""

    min_free_mb: int = Field(ge=1, le=10_000_000, description="Below this no unit is admitted")
    manifest_days: int = Field(
        30, ge=1, le=3650, description="Manifests are kept so many days beyond their validity"
    )


class Officer(Section):
    """One officer and how he is known."""

    id: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    name: str = Field(min_length=1)
    roles: tuple[Literal["OMS", "OAC", "SUPERVISOR"], ...] = Field(strict=False, min_length=1)
    pns: str = Field("", description="Number of the personal numbered seal")
    user: str = Field("", description="System login the officer acts under at the lane")
    public_key: str = Field("", description="Ed25519 public key, base64, for signed commands")
    simulated: bool = Field(
        default=False, description="Stands for nobody; only on a simulated lane"
    )


class Trust(Section):
    """Ed25519 public keys, base64, or ``file:PATH`` relative to the state folder."""

    manifests: tuple[str, ...] = Field(strict=False, description="May sign manifests")
    commands: tuple[str, ...] = Field(strict=False, description="May sign officers' commands")
    law: tuple[str, ...] = Field(strict=False, description="May sign tables and lexica of the law")


class Proofs(Section):
    """What the proofs of `scanlane device prove` must show; nothing here has a default.

    The times count from the last frame that a device got to its safe state being seen.
    """

    valid_days: int = Field(ge=1, le=1100, description="Age at which a proof must be made anew")
    service_s: int = Field(ge=20, le=600, description="Longest service permit for a proof")
    conveyor_ms: int = Field(ge=100, le=10_000, description="The belt stands within")
    safety_ms: int = Field(ge=100, le=10_000, description="Its outputs are off within")
    board_ms: int = Field(ge=300, le=1000, description="The relay is open within")
    source_ms: int = Field(
        ge=300, le=10_000, description="The generator's interlock is open within"
    )
    outputs_ms: int | None = Field(
        None, ge=100, le=60_000, description="A remote I/O's outputs are safe within, where one has"
    )


class LaneFile(Section):
    """A whole lane file."""

    schema_version: Literal[1] = Field(alias="schema")
    lane: LaneSection
    timing: Timing
    policy: Policy
    envelope: Envelope
    belt: Belt
    source: SourceSection
    presence: Presence
    gauges: Gauges
    readers: dict[str, Literal["plate", "container", "qr"]]
    board: str = Field(description="Device of the beam-permit board")
    safety: str = Field(description="Device of the safety controller")
    interlocks: dict[str, Source | NotFitted]
    buses: dict[str, dict[str, object]]
    devices: dict[str, dict[str, object]]
    detector: Detector
    mqtt: Mqtt
    law: Law
    storage: Storage
    proofs: Proofs
    officers: tuple[Officer, ...] = Field(strict=False)
    trust: Trust

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)
