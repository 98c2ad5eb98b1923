"""What a lane file says of its tube: nothing is assumed; what could not be kept is a mistake."""

from pathlib import Path

import pytest

from edge.errors import Mistake, SettingsError
from edge.lane_file import load
from edge.settings import NotNeeded, Seasoning

LANES = Path(__file__).parents[2] / "config" / "lanes"
TEXT = (LANES / "cargo.toml").read_text(encoding="utf-8")
SEASONING = """[source.seasoning]
source = "manual p. 1"
season_after_h = 168
tolerance_percent = 5
longest_s = 100
steps = [ { kv = 50.0, ma = 1.0, hold_s = 40 }, { kv = 160.0, ma = 1.0, hold_s = 50 } ]
"""
_START, _END = TEXT.index("[source.seasoning]"), TEXT.index("[presence]")
SEASONED = f"{TEXT[:_START]}{SEASONING}\n{TEXT[_END:]}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lane.toml"


def mistakes(file: Path, text: str) -> list[Mistake]:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as found:
        load(file)
    return found.value.mistakes


def test_a_schedule_of_seasoning_is_read_and_one_may_not_be_needed(file: Path) -> None:
    file.write_text(SEASONED, encoding="utf-8")
    seasoning = load(file).source.seasoning
    assert isinstance(seasoning, Seasoning)
    assert [step.kv for step in seasoning.steps] == [50.0, 160.0]
    file.write_text(TEXT, encoding="utf-8")
    assert isinstance(load(file).source.seasoning, NotNeeded)


@pytest.mark.parametrize("care", ["duty", "warm_up", "seasoning"])
def test_no_care_of_the_tube_is_left_out_without_a_word(file: Path, care: str) -> None:
    lines, skips = [], False
    for line in TEXT.splitlines():
        if line.startswith("["):
            skips = line == f"[source.{care}]"
        if not skips:
            lines.append(line)
    (one,) = mistakes(file, "\n".join(lines))
    assert (one.key, one.reason, one.remedy) == (
        f"source.{care}", "Field required", "Add the key",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("on_s = 300\n", "", "source.duty", "belong together"),
        ("window_s = 600\non_s = 300\n", "", "source.duty", "says no limit"),
        ("on_s = 300\n", "on_s = 600\n", "source.duty.on_s", "limit nothing"),
        ("on_s = 300\n", "on_s = 60\n", "source.duty.on_s", "ever be admitted"),
        ("on_s = 300\n", "on_s = 0\n", "source.duty.on_s", "greater than or equal to 1"),
        ("warm_up_s = 1\n", "warm_up_s = 0\n", "source.warm_up.warm_up_s", "greater than"),
        ("warm_up_s = 1\n", "", "source.warm_up.warm_up_s", "required"),
        ('source = "manual p. 1"\n', "", "source.seasoning.source", "required"),
        ('source = "manual p. 1"\n', 'source = ""\n', "source.seasoning.source", "at least 1"),
        ("longest_s = 100\n", "longest_s = 90\n", "source.seasoning.longest_s", "last 90 s"),
        ("kv = 160.0, ma = 1.0", "kv = 170.0, ma = 1.0", "source.seasoning.steps.1.kv", "above"),
        ("season_after_h = 168\n", "", "source.seasoning.season_after_h", "required"),
        ("tolerance_percent = 5\n", "", "source.seasoning.tolerance_percent", "required"),
        ('tube = "lane.tube"', 'tube = "source.ready"', "interlocks.tube", "not keep a beam off"),
        (
            'tube = "lane.tube"', 'tube = { not_fitted = "nobody needs it" }', "interlocks.tube",
            "not keep a beam off",
        ),
        (
            'service = "safety.key_service"', 'service = { not_fitted = "there is no such key" }',
            "interlocks.service", "position SERVICE",
        ),
    ],
)  # fmt: skip
def test_what_could_not_be_kept_is_a_mistake(
    file: Path, old: str, new: str, key: str, says: str
) -> None:
    assert SEASONED.count(old) == 1
    (one,) = mistakes(file, SEASONED.replace(old, new))
    assert one.key == key
    assert says in one.reason
    assert one.remedy
    assert one.line > 0


def test_a_reason_for_no_care_must_say_something(file: Path) -> None:
    start = TEXT.index("not_needed = ")
    text = f'{TEXT[:start]}not_needed = "no"\n{TEXT[TEXT.index("[presence]") :]}'
    (one,) = mistakes(file, text)
    assert one.key == "source.seasoning.not_needed"


def test_a_lane_without_any_care_may_have_no_row_of_the_tube(file: Path) -> None:
    start, end = TEXT.index("[source.duty]"), TEXT.index("[presence]")
    none = "".join(
        f'[source.{care}]\nnot_needed = "manual p. 2 asks for none"\n\n'
        for care in ("duty", "warm_up", "seasoning")
    )
    text = f"{TEXT[:start]}{none}{TEXT[end:]}".replace(
        'tube = "lane.tube"', 'tube = { not_fitted = "its maker asks for nothing" }'
    )
    file.write_text(text, encoding="utf-8")
    assert load(file).source.duty == NotNeeded(not_needed="manual p. 2 asks for none")
