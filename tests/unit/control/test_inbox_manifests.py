"""Rules of the manifests that headquarters may send down."""

import json
from pathlib import Path

import pytest

from edge.core.faults import Fault
from edge.journal.manifests import keep_manifest
from edge.messages.base import to_mapping
from tests.unit.control.inbox_bench import (
    OFFICERS_OWN,
    STRANGER,
    InboxBench,
    a_unit_on_hold,
    signed,
    with_inbox,
)
from tests.unit.control.lane_bench import paper


def test_a_signed_manifest_is_kept_journalled_and_found_by_what_it_names(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        bench.inbox.manifest(signed(paper()))
        await bench.settle()
        assert [one.id for one in bench.inbox.find("container", "msku1")] == ["m-1"]
        assert bench.inbox.find("container", "MSKU2") == []
        (body,) = bench.bodies("manifest.received")
        assert (body["id"], body["version"]) == ("m-1", 1)
        assert bench.faults() == []

    with_inbox(tmp_path, scenario)


def _floating() -> bytes:
    return json.dumps({"key_id": "\ud800", "signature": "x"}).encode()


def _nested() -> bytes:
    return b'{"key_id": "a", "signature": "x", "goods": ' + b"[" * 900 + b"]" * 900 + b"}"


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (json.dumps(to_mapping(paper())).encode(), "missing"),
        (signed(paper(), STRANGER), "not trusted"),
        (signed(paper(), OFFICERS_OWN), "not trusted"),
        (signed(paper()).replace(b"portable", b"Portable"), "is not one of key"),
        (signed(paper(lane="another-lane")), "it is for lane 'another-lane'"),
        (b"no JSON", "not a JSON message"),
        (b'{"id": 1, "id": 2}', "appears twice"),
        (_floating(), "manifest: "),
        (_nested(), "manifest: "),
    ],
)
def test_a_manifest_that_is_not_sound_is_refused_loudly_and_counts_as_missing(
    tmp_path: Path, payload: bytes, why: str
) -> None:
    async def scenario(bench: InboxBench) -> None:
        bench.inbox.manifest(payload)
        await bench.settle()
        assert bench.faults() == [Fault.MANIFEST_REFUSED]
        (body,) = bench.bodies("manifest.refused")
        assert why in str(body["reason"])
        assert len(str(body["reason"])) <= 300
        assert bench.inbox.find("container", "MSKU1") == []
        assert bench.lane.mode() == "proving"  # and the lane goes on

    with_inbox(tmp_path, scenario)


def test_the_same_manifest_again_changes_nothing_and_is_not_written_again(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        for _ in range(3):
            bench.inbox.manifest(signed(paper()))
            await bench.settle()
        bench.inbox.manifest(signed(paper(version=2)))
        await bench.settle()
        assert [body["version"] for body in bench.bodies("manifest.received")] == [1, 2]
        assert [one.version for one in bench.inbox.find("qr", "Q-1")] == [2]

    with_inbox(tmp_path, scenario)


def test_bytes_that_are_on_disk_are_neither_read_nor_verified_again(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        payload, verified = signed(paper()), []
        problem = bench.inbox._papers._problem
        bench.inbox._papers._problem = lambda mapping: verified.append(mapping) or problem(mapping)
        for _ in range(3):
            bench.inbox.manifest(payload)
            await bench.settle()
        assert len(verified) == 1
        assert [one.id for one in bench.inbox.find("qr", "Q-1")] == ["m-1"]

    with_inbox(tmp_path, scenario)


def test_a_manifest_that_was_refused_is_refused_as_loudly_when_it_comes_again(
    tmp_path: Path,
) -> None:
    async def scenario(bench: InboxBench) -> None:
        for _ in range(2):
            bench.inbox.manifest(signed(paper(), STRANGER))
            await bench.settle()
        assert len(bench.bodies("manifest.refused")) == 2

    with_inbox(tmp_path, scenario)


def test_a_manifest_is_found_by_its_id_in_all_that_its_newest_version_says(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        for one in (paper(), paper(version=2), paper(version=2, carrier="another")):
            bench.inbox.manifest(signed(one))
            await bench.settle()
        found = bench.inbox.by_id("m-1")
        assert {(one.version, one.carrier) for one in found} == {(2, "carrier"), (2, "another")}
        assert list(bench.inbox.by_id("m-9")) == []
        bench.reader.close()
        assert list(bench.inbox.by_id("m-1")) == []
        assert bench.faults() == [Fault.JOURNAL_UNAVAILABLE]

    with_inbox(tmp_path, scenario)


def test_the_lane_decides_anew_only_when_a_manifest_is_on_disk(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        await a_unit_on_hold(bench)
        lane = bench.lane
        lane.papers = [paper()]
        before = len(bench.bodies("verdict.given"))
        lane.disk.fails_at = "manifest.received"
        bench.inbox.manifest(signed(paper()))
        await bench.settle()
        assert len(bench.bodies("verdict.given")) == before
        assert lane.mode() == "held"

    with_inbox(tmp_path, scenario)


def test_a_manifest_that_comes_late_frees_a_unit_on_hold(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        await a_unit_on_hold(bench)
        bench.lane.papers = [paper()]
        bench.inbox.manifest(signed(paper()))
        await bench.settle()
        assert bench.lane.inspection() == "cleared"

    with_inbox(tmp_path, scenario)


def test_papers_that_cannot_be_read_back_are_no_papers_and_stop_the_lane(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        bench.inbox.manifest(signed(paper()))
        await bench.settle()
        bench.reader.close()
        assert list(bench.inbox.find("container", "MSKU1")) == []
        assert bench.faults() == [Fault.JOURNAL_UNAVAILABLE]
        await bench.lane.run(0.1)
        assert bench.lane.mode() == "held"

    with_inbox(tmp_path, scenario)


def test_one_kept_manifest_that_is_not_of_the_contract_hides_no_contradiction(
    tmp_path: Path,
) -> None:
    """With the unreadable one left out, the other might seem to be the only one."""

    async def scenario(bench: InboxBench) -> None:
        bench.inbox.manifest(signed(paper()))
        await bench.settle()
        kept = keep_manifest(
            "m-2",
            1,
            body=b'{"of": "a newer contract"}',
            identifiers={"container": "MSKU1"},
            received_utc="2026-06-01T03:00:00Z",
        )
        bench.lane.journal.write(kept).result(1)
        assert list(bench.inbox.find("container", "MSKU1")) == []
        assert [one.id for one in bench.inbox.find("qr", "Q-1")] == ["m-1"]
        assert bench.faults() == [Fault.MANIFEST_REFUSED]

    with_inbox(tmp_path, scenario)
