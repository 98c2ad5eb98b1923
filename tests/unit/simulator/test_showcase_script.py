"""Rules of the play: it shows what it must, and the law agrees with what it expects."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.control.facts import envelope_of, manifest_facts
from edge.lane_file import load
from edge.law.case import Case
from edge.law.envelope import Axis, Measurement, Origin
from edge.law.exemptions import decide
from edge.law.manifest import IdentityState
from edge.law.verdicts import Verdict, VerdictKind
from edge.law_tables import load_law
from edge.messages.base import to_bytes
from edge.messages.manifest import Manifest, read_manifest
from simulator.showcase.script import (
    SHORT,
    Incident,
    Papers,
    Scene,
    corrected_of,
    manifest_of,
    scenes,
)
from tests.unit.simulator.showcase_kit import PLAY

LANE_FILE = Path(__file__).resolve().parents[3] / "config" / "lanes" / "cargo.toml"
LANE = load(LANE_FILE)
LAW, _ = load_law(LANE_FILE.parent / LANE.law.tables, lambda _file, _data: True)
NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
PITCH_MM = 5


def name(scene: Scene) -> str:
    return scene.title


def decided(scene: Scene, manifest: Manifest | None) -> Verdict:
    identity = IdentityState.MISSING if manifest is None else IdentityState.AGREED
    sizes = {Axis.HEIGHT: scene.unit.height_mm, Axis.WIDTH: scene.unit.width_mm}
    return decide(
        Case(
            inspection_id="I-1",
            manifest=manifest_facts(() if manifest is None else (manifest,), identity, NOW),
            measured=tuple(
                Measurement(axis, size, PITCH_MM, Origin.MEASURED) for axis, size in sizes.items()
            ),
            envelope=envelope_of(LANE),
            law=LAW,
            day=NOW.date(),
        )
    )


@pytest.mark.parametrize("scene", PLAY, ids=name)
def test_the_law_of_the_lane_gives_every_unit_the_verdict_the_play_expects(scene: Scene) -> None:
    first = verdict = decided(scene, manifest_of(scene, LANE.lane.id, NOW))
    if scene.correction is not None:
        assert first.kind is VerdictKind.HOLD
        assert set(scene.expected.first) <= set(first.rule_ids)
        verdict = decided(scene, corrected_of(scene, LANE.lane.id, NOW))
    assert verdict.kind.value == scene.expected.verdict
    assert set(scene.expected.rules) <= set(verdict.rule_ids)
    assert (scene.correction is None) is (scene.expected.first == ())
    if scene.ruling is not None and scene.ruling.decision == "scan":
        assert verdict.officer_may_scan


def test_what_nobody_knows_is_ended_by_a_corrected_manifest_and_answered_by_nobody() -> None:
    (eggs,) = [scene for scene in PLAY if scene.correction is not None]
    before = manifest_of(eggs, LANE.lane.id, NOW)
    after = corrected_of(eggs, LANE.lane.id, NOW)
    assert before is not None
    assert not decided(eggs, before).officer_may_scan
    assert eggs.ruling is None
    assert (before.id, before.version) == (after.id, after.version - 1)
    assert [line.tnved_code for line in after.goods] == ["0407 21 000 0"]
    assert read_manifest(to_bytes(after)) == after


def test_what_the_order_exempts_is_never_expected_to_be_exposed() -> None:
    exposed = [scene.title for scene in PLAY if scene.expected.exposed]
    allowed = [
        scene.title
        for scene in PLAY
        if scene.expected.verdict == "scan"
        or (scene.ruling is not None and scene.ruling.decision == "scan")
    ]
    assert exposed == allowed
    assert [s.unit.may_be_scanned for s in PLAY] == [s.expected.exposed for s in PLAY]


def test_the_play_shows_every_verdict_every_end_and_both_incidents() -> None:
    assert len(PLAY) >= 16
    assert {scene.expected.verdict for scene in PLAY} == {"scan", "exempt", "no_basis", "hold"}
    assert {scene.expected.end for scene in PLAY} == {
        "without_suspicion", "under_suspicion", "not_applied_exempt", "not_applied_no_basis",
        "turned_away", "not_completed",
    }  # fmt: skip
    assert {scene.incident for scene in PLAY} == set(Incident)
    assert {scene.papers for scene in PLAY} == set(Papers)


def test_units_are_told_apart_and_fit_the_length_of_the_lane() -> None:
    low, high = LANE.envelope.length_mm
    assert len({scene.unit.qr for scene in PLAY} | {scene.unit.label for scene in PLAY}) == 32
    assert all(low <= scene.unit.length_mm <= high for scene in PLAY)


def test_a_seed_always_makes_the_same_play_and_another_seed_another_one() -> None:
    assert scenes(722) == PLAY
    assert [scene.unit.fill for scene in scenes(723)] != [scene.unit.fill for scene in PLAY]
    assert scenes(722, SHORT) == tuple(PLAY[number] for number in SHORT)


def test_every_manifest_is_one_of_the_contract_and_one_unit_has_none() -> None:
    made = [manifest_of(scene, LANE.lane.id, NOW) for scene in PLAY]
    assert sum(manifest is None for manifest in made) == 1
    for manifest in made:
        if manifest is not None:
            assert read_manifest(to_bytes(manifest)) == manifest
