"""What control knows of each unit beside the core's small state: papers, sizes, verdict, permit."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from edge.law.case import DriverAnswer, NoAnimalsStatement
from edge.law.envelope import Axis
from edge.law.exemptions import HoldAnswer, ScanPermit
from edge.law.manifest import IdentityState
from edge.law.verdicts import Verdict
from edge.messages.manifest import Manifest

FOR_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredImage:
    """The scan package of a unit, as the image worker reported it.

    Attributes:
        folder: where it lies, relative to the state folder.
        sha256: hash of the package's metadata, which names the hash of every file.
        size_bytes: of all files.
        lines: detector lines in it.
        thumbnail_png: at most 32 KB, base64.
    """

    folder: str
    sha256: str
    size_bytes: int
    lines: int
    thumbnail_png: str


@dataclass(slots=True)
class Case:
    """One unit's file while its inspection is open.

    Attributes:
        token: the core's token, never reused.
        inspection_id: lane id and token; what people and headquarters see.
        opened_utc: RFC 3339.
        opened_ns: monotonic time of the arrival.
        identifiers: text read first, by kind (plate, container, qr).
        also_read: other texts read of a kind: which of them the unit bears is not known.
        sizes: worst amount and widest uncertainty measured, by axis.
        not_there: axes whose gauge has looked and seen nothing: the unit does not stand in it.
        identity: whether the manifest surely belongs to this unit.
        confirmed_manifest: id of the manifest a named OMS has bound, empty when none has.
        first_confirmed: officer and manifest id of a confirmation that waits for a second officer,
            empty when none does.
        papers: the manifest bound or proposed, newest version; more than one when it contradicts
            itself, or when the identifiers name several.
        manifest_ids: every manifest that was bound, proposed or confirmed in this inspection.
        verdict: the newest verdict, None before the first.
        decided_until: until when the passing of time alone does not change it.
        permit: the permit to scan, None unless the newest verdict or answer gives one.
        answer: the newest officer's answer to a hold that counts.
        first_answer: an officer's "scan" that waits for a second officer, None when none does.
        answered: the verdict it was given on, None before an answer.
        statement: the newest statement that no live animals are aboard, None when there is none.
        driver_answers: everything the driver has answered, oldest first; the newest counts.
        refused_to: who recorded that the driver refuses to drive through, empty when nobody has.
        oms_ids: officers who acted as OMS in this inspection.
        scan_id: id of the newest arming, 0 before one.
        exposure_ms: exposure the board counted for it, as last reported.
        counted: the board has reported so with its relay open: it is the whole exposure.
        image: the scan package, None before it is stored.
        outcome: the outcome, empty before it is given.
        broke_off: why it was not completed, empty when it was or is open.
        end: how the record ends, empty while open.
    """

    token: int
    inspection_id: str
    opened_utc: str
    opened_ns: int
    identifiers: dict[str, str] = field(default_factory=dict)
    also_read: dict[str, set[str]] = field(default_factory=dict)
    sizes: dict[Axis, tuple[int, int]] = field(default_factory=dict)
    not_there: set[Axis] = field(default_factory=set)
    identity: IdentityState = IdentityState.MISSING
    confirmed_manifest: str = ""
    first_confirmed: tuple[str, str] = ("", "")
    papers: tuple[Manifest, ...] = ()
    manifest_ids: set[str] = field(default_factory=set)
    verdict: Verdict | None = None
    decided_until: datetime = FOR_EVER
    permit: ScanPermit | None = None
    answer: HoldAnswer | None = None
    first_answer: HoldAnswer | None = None
    answered: Verdict | None = None
    statement: NoAnimalsStatement | None = None
    driver_answers: list[DriverAnswer] = field(default_factory=list)
    refused_to: str = ""
    oms_ids: set[str] = field(default_factory=set)
    scan_id: int = 0
    exposure_ms: int = 0
    counted: bool = False
    image: StoredImage | None = None
    outcome: str = ""
    broke_off: str = ""
    end: str = ""

    @property
    def manifest(self) -> Manifest | None:
        """The manifest bound or proposed, None when there is none or more than one."""
        return self.papers[0] if len(self.papers) == 1 else None

    @property
    def driver(self) -> DriverAnswer | None:
        """The driver's newest answer, None when he was not asked."""
        return self.driver_answers[-1] if self.driver_answers else None

    def declared_length_mm(self) -> int | None:
        """The declared length, None when nothing says it."""
        if self.manifest is None or self.manifest.dimensions is None:
            return None
        return self.manifest.dimensions.length_mm


class CaseBook:
    """The open cases by token; tokens count up for ever, across restarts too."""

    def __init__(self, lane_id: str, next_token: int) -> None:
        self._lane_id = lane_id
        self._next_token = next_token
        self._cases: dict[int, Case] = {}

    def fresh_token(self) -> int:
        """The token the next arrival will get."""
        return self._next_token

    def open(self, token: int, opened_utc: str, opened_ns: int) -> Case:
        """Open the case of a unit that has just arrived."""
        assert token == self._next_token
        self._next_token += 1
        case = Case(token, f"{self._lane_id}-{token:08d}", opened_utc, opened_ns)
        self._cases[token] = case
        return case

    def restore(self, case: Case) -> None:
        """Take up a case that was open before the restart."""
        self._cases[case.token] = case

    def find(self, token: int) -> Case | None:
        """The case of a token, None when closed or never opened."""
        return self._cases.get(token)

    def by_inspection(self, inspection_id: str) -> Case | None:
        """The open case of an inspection, None when there is none."""
        for case in self._cases.values():
            if case.inspection_id == inspection_id:
                return case
        return None

    def all(self) -> tuple[Case, ...]:
        """All open cases, oldest first."""
        return tuple(self._cases.values())

    def close(self, token: int) -> None:
        """Drop a closed case."""
        self._cases.pop(token, None)
