"""``scanlane-hq`` end to end: signed commands and manifests through a real broker."""

import json
import queue
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import SystemClock, rfc3339
from edge.evidence import signing
from edge.messages.base import to_mapping
from edge.messages.commands import CommandResponse
from edge.messages.manifest import read_manifest
from edge.publish.commands import Accepted, Checks, Refused, judge
from edge.publish.notices import Notice, NoticeKind
from edge.publish.publisher import LaneIdentity, Publisher
from edge.publish.settings import PublishSettings
from simulator.broker import free_port, start_broker
from tests.unit.messages.test_messages import MANIFEST
from tests.unit.publish.fake_outbox import LANE, FakeOutbox

BOOT = "0f6f8cd0-9999-4222-8333-944445555666"
LANE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    handle = start_broker(free_port(), tmp_path / "broker")
    yield handle.url
    handle.stop()


def hq(folder: Path, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "headquarters", "--url", url, "--store", str(folder)]
    return subprocess.run(
        [*command, "--timeout", "5", *words], capture_output=True, text=True, timeout=60
    )


@contextmanager
def a_lane(url: str, hq_key: str) -> Iterator["queue.Queue[Notice]"]:
    """A lane that judges commands and answers them."""
    heard: queue.Queue[Notice] = queue.Queue()
    trusted = signing.trust([signing.public_key_from_text(hq_key)])

    def signature_problem(mapping: Mapping[str, object]) -> str:
        check = signing.verify(mapping, trusted)
        return "" if check.valid else check.detail

    checks = Checks(
        lane=LANE,
        signature_problem=signature_problem,
        key_speaks_for=lambda _key, _officer: True,
        roles_of=lambda officer: ("oms",) if officer == "oms-1" else (),
        may=lambda role, act: (role, act) == ("oms", "abort"),
        seen=lambda _identifier: None,
    )

    def deliver(notice: Notice) -> None:
        heard.put(notice)
        if notice.kind is NoticeKind.COMMAND:
            respond(notice)

    def respond(notice: Notice) -> None:
        now = datetime.now(UTC)
        judgement = judge(notice.payload, topic_name=notice.name, now=now, checks=checks)
        assert isinstance(judgement, Accepted | Refused)
        accepted = isinstance(judgement, Accepted)
        response = CommandResponse(
            id=judgement.command.id if isinstance(judgement, Accepted) else judgement.command_id,
            lane=LANE,
            name=notice.name,
            accepted=accepted,
            reason="accepted" if isinstance(judgement, Accepted) else judgement.code.value,
            detail="" if isinstance(judgement, Accepted) else judgement.detail,
            time=rfc3339(now),
            simulated=True,
        )
        signed = signing.sign(to_mapping(response), LANE_KEY)
        publisher.respond(notice.name, json.dumps(signed).encode(), notice.correlation)

    publisher = Publisher(
        identity=LaneIdentity(LANE, BOOT, "0.1.0", simulated=True),
        settings=PublishSettings(url=url),
        outbox=FakeOutbox(),
        deliver=deliver,
        clock=SystemClock(),
        rng=random.Random(5),
    )
    publisher.start()
    try:
        assert heard.get(timeout=10).kind is NoticeKind.CONNECTED
        yield heard
    finally:
        assert publisher.stop(10.0)


def public_key(folder: Path, url: str) -> str:
    return hq(folder, url, "key").stdout.split()[1]


def test_a_signed_command_is_answered_and_a_refusal_is_exit_code_1(
    url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "hq"
    with a_lane(url, public_key(folder, url)):
        words = ["i-1", "--reason", "possible living cargo"]
        done = hq(folder, url, "cmd", LANE, "abort", *words, "--officer", "oms-1")
        assert done.returncode == 0, done.stderr
        assert "abort accepted" in done.stdout
        assert "SIMULATED" in done.stdout
        refused = hq(folder, url, "cmd", LANE, "abort", *words, "--officer", "nobody")
        assert refused.returncode == 1
        assert "unknown_officer" in refused.stdout


def test_another_headquarters_is_refused(url: str, tmp_path: Path) -> None:
    with a_lane(url, public_key(tmp_path / "hq", url)):
        words = ["abort", "i-1", "--reason", "x"]
        done = hq(tmp_path / "other", url, "cmd", LANE, *words, "--officer", "oms-1")
        assert done.returncode == 1
        assert "bad_signature" in done.stdout


def test_a_manifest_arrives_signed_even_at_a_lane_that_was_away(url: str, tmp_path: Path) -> None:
    folder, file = tmp_path / "hq", tmp_path / "manifest.json"
    file.write_text(json.dumps(MANIFEST | {"valid_until": "2126-02-28T00:00:00Z"}))
    done = hq(folder, url, "manifest", str(file))
    assert done.returncode == 0, done.stderr
    key = public_key(folder, url)
    with a_lane(url, key) as heard:
        notice = heard.get(timeout=10)
    assert notice.kind is NoticeKind.MANIFEST
    trusted = signing.trust([signing.public_key_from_text(key)])
    assert signing.verify(json.loads(notice.payload), trusted).valid
    assert read_manifest(notice.payload).goods[0].tnved_code == "0301 11"


def test_errors_are_one_line_and_an_exit_code(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "hq"
    nobody = f"mqtt://127.0.0.1:{free_port()}"
    away = hq(folder, nobody, "cmd", LANE, "ack", "f", "--officer", "o")
    assert (away.returncode, away.stderr.count("\n")) == (1, 1)
    assert "cannot connect" in away.stderr
    silent = hq(folder, url, "cmd", LANE, "ack", "f", "--officer", "o")
    assert silent.returncode == 1
    assert "not connected" in silent.stderr or "no response" in silent.stderr
    assert hq(folder, url, "cmd", LANE).returncode == 2
    assert hq(folder, url, "show", "nonsense").returncode == 2
    assert hq(folder, "http://x", "manifest", __file__).returncode == 1
    assert hq(folder, url, "verify").stdout == "0 events, 0 problems\n"


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "hq"
    assert hq(folder, "mqtt://127.0.0.1:1", "key").returncode == 0
    path = folder / "keys" / "headquarters.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    done = hq(folder, "mqtt://127.0.0.1:1", "key")
    assert done.returncode == 1
    assert "chmod 600" in done.stderr


def test_collect_stores_until_it_is_told_to_stop(url: str, tmp_path: Path) -> None:
    folder, outbox = tmp_path / "hq", FakeOutbox(5)
    command = [sys.executable, "-m", "headquarters", "--url", url, "--store", str(folder)]
    publisher = Publisher(
        identity=LaneIdentity(LANE, BOOT, "0.1.0", simulated=True),
        settings=PublishSettings(url=url, receipt_timeout_s=1.0),
        outbox=outbox,
        deliver=lambda _notice: None,
        clock=SystemClock(),
        rng=random.Random(5),
    )
    with subprocess.Popen([*command, "collect"], stdout=subprocess.PIPE, text=True) as collector:
        publisher.start()
        try:
            assert outbox.drained.wait(30.0)
        finally:
            assert publisher.stop(10.0)
            collector.terminate()
        out, _ = collector.communicate(timeout=20)
        assert collector.returncode == 0
    assert out.endswith("5 events stored\n")
    shown = hq(folder, url, "show", "latest").stdout
    assert shown.count("type=lane.mode") == 5
