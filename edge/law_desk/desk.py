"""Judges a manifest on paper: the same law, the same facts as at a lane, and what was assumed.

Nothing here permits a scan. At a lane the signature, the identifiers and the sizes are proven;
here they are taken for granted, and the answer says so.
"""

import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edge.clock import Clock
from edge.control.facts import direction_of, envelope_of, manifest_facts
from edge.errors import EdgeError, Mistake, SettingsError
from edge.lane_file import load
from edge.law.case import Case, LawData
from edge.law.envelope import Axis, Envelope, Measurement, Origin
from edge.law.exemptions import decide, would_also_speak
from edge.law.explain import sources_of
from edge.law.grounds import study_case
from edge.law.guidance import GUIDES
from edge.law.manifest import Direction, IdentityState, ManifestFacts
from edge.law.verdicts import Reason, Verdict
from edge.law.words import NATIVE_REVIEW, Json, Text
from edge.law_desk.labels import Language, assume, said
from edge.law_tables import load_law
from edge.messages.base import MESSAGE_LIMIT_BYTES
from edge.messages.manifest import Manifest, read_manifest
from edge.settings import LaneFile

INSPECTION = "on-paper"
"""The inspection a verdict on paper names: none of any lane."""

MAX_VALUE = 10_000_000
"""Largest amount that may be given as measured, in the unit of its axis."""

_NOON = time(12)


class Given(NamedTuple):
    """An amount given as if measured: value and uncertainty, whole numbers in the axis' unit."""

    value: int
    uncertainty: int


@dataclass(frozen=True, slots=True)
class Guided:
    """One reason or notice with what stands behind it.

    Attributes:
        reason: the rule and its inputs.
        sources: where it is said: the rows behind it, or the rule's own source.
    """

    reason: Reason
    sources: tuple[str, ...]

    def record(self, language: Language) -> dict[str, Json]:
        """What is said beside the record of the verdict, in one language."""
        guide = GUIDES[self.reason.rule]
        return {
            "text": said(self.reason.text, language),
            "sources": list(self.sources),
            "change": said(guide.change, language),
            "officer_may_scan": guide.officer_may_scan,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on one manifest on paper.

    Attributes:
        manifest_id: as the manifest names itself.
        version: its version.
        lane: the lane it was judged for.
        verdict: what the law says.
        reasons: the verdict's reasons, each with its sources.
        notices: the verdict's notices, likewise.
        also: what would also speak, were it not for what decides; likewise.
        assumed: what was taken for granted.
    """

    manifest_id: str
    version: int
    lane: str
    verdict: Verdict
    reasons: tuple[Guided, ...]
    notices: tuple[Guided, ...]
    also: tuple[Guided, ...]
    assumed: tuple[Text, ...]

    def record(self, language: Language) -> dict[str, Json]:
        """The record of the verdict with everything that is added to it here."""
        guided = (*self.reasons, *self.notices, *self.also)
        explained: dict[str, Json] = {one.reason.rule_id: one.record(language) for one in guided}
        review: dict[str, Json] = {} if language == "en" else {"review": NATIVE_REVIEW}
        return {
            **self.verdict.record(),
            **review,
            "manifest": {"id": self.manifest_id, "version": self.version},
            "lane": self.lane,
            "officer_may_scan": self.verdict.officer_may_scan,
            "explained": explained,
            "would_also_speak": [one.reason.record() for one in self.also],
            "assumed": [said(text, language) for text in self.assumed],
        }


class Desk:
    """Everything a verdict on paper needs beside the manifest.

    Args:
        lane: whose envelope, direction and zone are meant.
        law: tables and lexica, taken as signed.
        day: the civil day at the lane at whose noon is judged; None for now.
        clock: tells now.
        measured: amounts given as measured, for every manifest.
    """

    def __init__(
        self,
        lane: LaneFile,
        law: LawData,
        day: date | None,
        clock: Clock,
        measured: Mapping[Axis, Given],
    ) -> None:
        self._zone = ZoneInfo(lane.lane.timezone)
        if day is None:
            self.now = clock.utc().astimezone(self._zone)
        else:
            self.now = datetime.combine(day, _NOON, self._zone)
        self.lane_id = lane.lane.id
        self._law = law
        self._envelope: Envelope = envelope_of(lane)
        self._serves: Direction | None = direction_of(lane)
        self._measured = dict(measured)

    def verdict(self, manifest: Manifest) -> Verdict:
        """What the law says of one manifest; its signature is not looked at."""
        return decide(self._case(manifest)[0])

    def judge(self, manifest: Manifest) -> Answer:
        """What the law says of one manifest, with what stands behind it and what was assumed."""
        case, sizes = self._case(manifest)
        verdict, study = decide(case), study_case(case)
        reasons, notices, also = (
            tuple(Guided(reason, sources_of(reason.rule, study)) for reason in some)
            for some in (verdict.reasons, verdict.notices, would_also_speak(study))
        )
        return Answer(
            manifest_id=manifest.id,
            version=manifest.version,
            lane=self.lane_id,
            verdict=verdict,
            reasons=reasons,
            notices=notices,
            also=also,
            assumed=(*self._assumed(manifest, case.manifest), *sizes),
        )

    def _case(self, manifest: Manifest) -> tuple[Case, tuple[Text, ...]]:
        """The case, and how its sizes came about."""
        facts = manifest_facts((manifest,), IdentityState.AGREED, self.now, self._serves)
        measured, sizes = self._sizes(facts)
        case = Case(
            inspection_id=INSPECTION,
            manifest=facts,
            measured=measured,
            envelope=self._envelope,
            law=self._law,
            day=self.now.date(),
        )
        return case, sizes

    def _sizes(self, facts: ManifestFacts) -> tuple[tuple[Measurement, ...], tuple[Text, ...]]:
        """What is taken as measured: the amounts given, and the declared ones of other axes."""
        amounts: list[Measurement] = []
        told: list[Text] = []
        limited = {axis for axis, _ in self._envelope.limits()}
        for axis, given in self._measured.items():
            amounts.append(Measurement(axis, given.value, given.uncertainty, Origin.MEASURED))
            name = "given" if axis in limited else "unlimited"
            told.append(assume(name, axis=axis.value, **given._asdict()))
        for one in facts.declared:
            if one.axis in limited and one.axis not in self._measured:
                amounts.append(Measurement(one.axis, one.value, 0, Origin.MEASURED))
                told.append(assume("declared", axis=one.axis.value, value=one.value))
        return tuple(amounts), tuple(told)

    def _assumed(self, manifest: Manifest, facts: ManifestFacts) -> list[Text]:
        moment = {"time": self.now.strftime("%H:%M"), "day": self.now.date().isoformat()}
        told = [
            assume("signed"),
            assume("law"),
            assume("driver"),
            assume("moment", **moment, zone=self._zone.key),
        ]
        if manifest.lane != self.lane_id:
            told.append(assume("lane", named=manifest.lane, lane=self.lane_id))
        if manifest.documents and not facts.documents:
            told.append(assume("documents"))
        return told


def shipped_config() -> Path:
    """The folder of lanes and law: in the tree, or where the package installed it."""
    tree = Path(__file__).resolve().parents[2] / "config"
    installed = Path(sysconfig.get_path("data")) / "share" / "scanlane" / "config"
    return tree if tree.is_dir() else installed


def load_signed(folder: Path) -> tuple[LawData, list[Mistake]]:
    """Read a folder of the law, taken as signed, with every mistake in it."""
    try:
        return load_law(folder, lambda _file, _data: True)
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        return LawData((), ()), [Mistake(str(folder), "-", "", reason, "Name a folder of the law")]


def read_law(folder: Path) -> LawData:
    """Read a folder of the law, taken as signed. Raises SettingsError with every mistake."""
    law, mistakes = load_signed(folder)
    if mistakes:
        raise SettingsError(mistakes)
    return law


def open_desk(
    lane_file: Path | None,
    folder: Path | None,
    day: date | None,
    clock: Clock,
    measured: Mapping[Axis, Given],
) -> Desk:
    """Read the lane file and the law.

    Args:
        lane_file: the lane; None for the shipped cargo lane.
        folder: of the law; None for the one the lane file names.
        day: the civil day at the lane, None for now.
        clock: tells now.
        measured: amounts given as measured.

    Raises:
        SettingsError: every mistake in the lane file, or in the law.
    """
    file = lane_file or shipped_config() / "lanes" / "cargo.toml"
    lane = load(file)
    law = read_law(folder or file.parent / lane.law.tables)
    return Desk(lane, law, day, clock, measured)


def read_measured(text: str) -> dict[Axis, Given]:
    """Read amounts as ``height_mm=900,width_mm=800+-20``.

    Raises:
        ValueError: one of them is none; says which and why.
    """
    axes = {axis.value: axis for axis in Axis}
    found: dict[Axis, Given] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, amount = part.partition("=")
        value, marked, spread = amount.partition("+-")
        axis = axes.get(name.strip())
        if axis is None:
            raise ValueError(f"{part!r} names no axis; axes: {', '.join(axes)}")
        if axis in found:
            raise ValueError(f"{axis.value} is given twice; give it once")
        found[axis] = Given(_number(part, value), _number(part, spread) if marked else 0)
    return found


def _number(part: str, text: str) -> int:
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits) < len(str(MAX_VALUE)):
        return int(digits)
    raise ValueError(
        f"{part!r} gives no whole number from 0 to below {MAX_VALUE}; write it as height_mm=900 or "
        "height_mm=900+-20"
    )


def read_file(file: Path) -> Manifest:
    """Read one manifest.

    Raises:
        EdgeError: the file cannot be read, is too long, or is no manifest; says why.
    """
    try:
        with file.open("rb") as stream:
            payload = stream.read(MESSAGE_LIMIT_BYTES + 1)
    except OSError as error:
        raise EdgeError(f"{file}: cannot be read ({error.strerror}); name a manifest") from error
    if len(payload) > MESSAGE_LIMIT_BYTES:
        raise EdgeError(
            f"{file}: longer than the {MESSAGE_LIMIT_BYTES} bytes of a message; name one manifest, "
            "or use --batch"
        )
    try:
        return read_manifest(payload)
    except EdgeError as error:
        raise EdgeError(
            f"{file}: {error}; `scanlane schema manifest` prints what a manifest is"
        ) from error
