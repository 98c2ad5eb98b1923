"""Shared by all tests: which Debian packages a test needs, and that nothing is left behind."""

import asyncio
import ctypes
import os
import shutil
from collections.abc import Iterator

import psutil
import pytest
from hypothesis import settings

settings.register_profile("scanlane", deadline=None)  # no time limit that a busy machine can break
settings.load_profile("scanlane")

PROGRAMS = {
    "mosquitto": "mosquitto",
    "mosquitto-clients": "mosquitto_sub",
    "mbpoll": "mbpoll",
    "libmodbus5": "libmodbus.so.5",
}
"""What each package brings: a program, or a shared library."""


def _found(package: str) -> bool:
    program = PROGRAMS[package]
    if ".so." in program:
        try:
            ctypes.CDLL(program)
        except OSError:
            return False
        return True
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    return shutil.which(program, path=path) is not None


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("packages"):
        missing = [package for package in mark.args if not _found(package)]
        if not missing:
            continue
        reason = f"needs Debian packages: {' '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(autouse=True)
def _no_process_is_left_behind() -> Iterator[None]:
    me = psutil.Process()
    before = {child.pid for child in me.children(recursive=True)}
    yield
    left = [child for child in me.children(recursive=True) if child.pid not in before]
    _gone, alive = psutil.wait_procs(left, timeout=3)
    names = [f"{child.pid} {child.name()}" for child in alive if child.is_running()]
    for child in alive:
        child.kill()
    assert names == [], f"processes left behind: {names}"


@pytest.fixture(autouse=True)
def _no_loop_is_left_running() -> Iterator[None]:
    yield
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    pytest.fail("an event loop is still running")
