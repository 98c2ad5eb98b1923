"""What is remembered of a mutant counts only while everything its tests import is the same."""

from pathlib import Path

import pytest

from tests.mutate.trees import LAW_TESTS, ROOT, Known

IMPORTED = ("clock_cases", "clock_builders", "law_units", "law_builders", "test_terms")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (LAW_TESTS, Path("edge/law"), Path("config/law")):
        (tmp_path / name).mkdir(parents=True)
    for name in IMPORTED:
        (tmp_path / LAW_TESTS / f"{name}.py").write_bytes(
            (ROOT / LAW_TESTS / f"{name}.py").read_bytes()
        )
    return tmp_path


@pytest.mark.parametrize("changed", IMPORTED)
def test_a_changed_helper_of_the_tests_makes_what_is_known_void(tree: Path, changed: str) -> None:
    def key() -> str:
        return Known.key("terms", "source", ("test_terms",), tree)

    before = key()
    assert key() == before
    with (tree / LAW_TESTS / f"{changed}.py").open("a") as stream:
        stream.write("\n# another case\n")
    assert key() != before
