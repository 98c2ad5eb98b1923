"""Messages between control and worker: exact, bounded, nothing unknown accepted."""

import asyncio
import json
import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import ipc
from edge.errors import ScanError

MESSAGES: list[ipc.Message] = [
    ipc.Configure("127.0.0.1", 15600, 640, 16, 4000, "state", "state/scans", "demo", True),
    ipc.Arm(7, "I7", "scan-7", {"kv": 160, "nested": {"text": "груз"}}),
    ipc.Finish(complete=False, reason="aborted"),
    ipc.Ping(3),
    ipc.Ready("cache"),
    ipc.Armed(7),
    ipc.Progress(7, 100, 2, 123_456),
    ipc.DetectorLost("cable"),
    ipc.DetectorBack("SIM-1"),
    ipc.PackageWritten(
        7, "scan-7", "ab" * 32, (ipc.PackageFile("raw.tif", "cd" * 32, 9),), 640, 300, "good",
        True, False, "", "aGk=",
    ),
    ipc.ScanFailed(7, "no line came"),
    ipc.Orphaned("x", "y"),
    ipc.Pong(3, True, False, "no calibration"),
]  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_is_read_as_it_was_written(message: ipc.Message) -> None:
    frame = ipc.encode(message)
    assert struct.unpack(">I", frame[:4])[0] == len(frame) - 4
    assert ipc.decode(frame[4:]) == message


def test_the_largest_thumbnail_fits_into_a_frame() -> None:
    written = next(one for one in MESSAGES if isinstance(one, ipc.PackageWritten))
    thumbnail = "A" * (4 * -(-ipc.MAX_THUMBNAIL_BYTES // 3))
    files = tuple(ipc.PackageFile(f"file-{n}.tif", "ab" * 32, 1 << 40) for n in range(10))
    whole = ipc.PackageWritten(
        written.scan_id, "/" + "x" * 1000, written.sha256, files, 640, 20_000, "good",
        True, False, "x" * 2000, thumbnail,
    )  # fmt: skip
    assert ipc.decode(ipc.encode(whole)[4:]) == whole


def test_a_message_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(ScanError, match="at most 65536"):
        ipc.encode(ipc.DetectorLost("x" * 70_000))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{}", b'{"type":"Nothing"}', b'{"type":"Ping"}',
        b'{"type":"Ping","number":"3"}',
        b'{"type":"Ping","number":true}', b'{"type":"Ping","number":3,"more":1}', b"\xff",
        b'{"type":"Finish","complete":1,"reason":""}', b'{"type":3}', b"[" * 60_000,
        b'{"type":"Arm","scan_id":1,"inspection_id":"","folder":"","metadata":[]}',
    ],
)  # fmt: skip
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ScanError):
        ipc.decode(data)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.sampled_from(MESSAGES), st.data())
def test_a_message_without_one_of_its_members_is_refused(
    message: ipc.Message, data: st.DataObject
) -> None:
    members = json.loads(ipc.encode(message)[4:])
    members.pop(data.draw(st.sampled_from(sorted(members))))
    with pytest.raises(ScanError):
        ipc.decode(json.dumps(members).encode())


def test_a_channel_carries_messages_both_ways_and_tells_the_end() -> None:
    async def scenario() -> list[ipc.Message | None]:
        ours, theirs = socket.socketpair()
        here, there = await ipc.Channel.over(ours), await ipc.Channel.over(theirs)
        for message in MESSAGES:
            here.send(message)
        got = [await there.receive() for _ in MESSAGES]
        there.send(ipc.Pong(1, True, True, ""))
        got.append(await here.receive())
        await here.close()
        got.append(await there.receive())
        await there.close()
        return got

    assert asyncio.run(scenario()) == [*MESSAGES, ipc.Pong(1, True, True, ""), None]


def test_a_frame_longer_than_allowed_is_refused_before_it_is_read() -> None:
    async def scenario() -> None:
        ours, theirs = socket.socketpair()
        there = await ipc.Channel.over(theirs)
        try:
            ours.sendall(struct.pack(">I", ipc.MAX_BYTES + 1))
            await there.receive()
        finally:
            ours.close()
            await there.close()

    with pytest.raises(ScanError, match="may cross"):
        asyncio.run(scenario())


def test_a_peer_that_does_not_read_is_noticed() -> None:
    async def scenario() -> None:
        ours, theirs = socket.socketpair()
        here = await ipc.Channel.over(ours)
        try:
            for _ in range(200):
                here.send(ipc.DetectorLost("x" * 60_000))
        finally:
            theirs.close()
            await here.close()

    with pytest.raises(ScanError, match="does not read"):
        asyncio.run(scenario())
