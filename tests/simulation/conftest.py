"""Fixtures of the tests that run an image worker."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def numba_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("numba")


@pytest.fixture
def state(tmp_path: Path, numba_cache: Path) -> Path:
    # One cache for all tests of this file: compiling is not what they are about.
    (tmp_path / "numba").symlink_to(numba_cache)
    return tmp_path
