"""What the Technix driver takes for an answer: the echo, byte by byte.

The command and answer strings are those of the public description; no manual at hand prints a whole
exchange, so the numbers in them are the tests' own.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.technix import Echo, Status
from edge.errors import DeviceGarbled


def taken(command: str, *chunks: bytes, most: int | None = None) -> int | None:
    echo = Echo("dev", command, most)
    results = [echo.take(chunk) for chunk in chunks]
    return results[-1]


def test_an_echo_is_taken_however_it_is_cut() -> None:
    assert taken("d1,4095", b"d1,4095\r") == 0
    assert taken("d1,4095", b"d1", b",40", b"95", b"\r") == 0
    assert taken("a1", b"a1", b"0012\r", most=4095) == 12
    assert taken("a1", b"a1409", most=4095) is None
    assert taken("E", b"E", b"6", b"5\r", most=255) == 65


@pytest.mark.parametrize(
    ("command", "answer", "most"),
    [
        ("d1,4095", b"d1,4094\r", None),
        ("d1,4095", b"d2", None),
        ("d1,4095", b"d1,40950\r", None),
        ("d1,4095", b"d1,409\r", None),
        ("P5,1", b"p", None),
        ("P5,1", b"P5,1\rE0\r", None),
        ("E", b"E\r", 255),
        ("E", b"E256\r", 255),
        ("E", b"E-1\r", 255),
        ("E", b"E 1\r", 255),
        ("a1", b"a10\n", 4095),
        ("a1", b"a100000", 4095),
        ("a1", b"a2100\r", 4095),
    ],
)
def test_whatever_is_not_the_echo_is_garbled_at_its_first_wrong_byte(
    command: str, answer: bytes, most: int | None
) -> None:
    with pytest.raises(DeviceGarbled):
        taken(command, answer, most=most)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.binary(max_size=20), st.integers(1, 5))
def test_no_other_bytes_are_ever_taken_for_an_echo(answer: bytes, size: int) -> None:
    echo = Echo("dev", "P6,1")
    try:
        for at in range(0, len(answer), size):
            if echo.take(answer[at : at + size]) is not None:
                assert answer.startswith(b"P6,1\r")
                return
    except DeviceGarbled:
        assert answer[:5] != b"P6,1\r" or len(answer) > 5
        return
    assert b"P6,1\r".startswith(answer)


def test_the_bits_of_the_status_are_those_of_the_description() -> None:
    names = {
        8: "inhibited", 7: "local", 4: "hv", 3: "interlock_open", 2: "fault",
    }  # fmt: skip
    for bit in range(1, 9):
        said = {name for name in names.values() if getattr(Status(1 << (bit - 1)), name)}
        assert said == ({names[bit]} if bit in names else set())
