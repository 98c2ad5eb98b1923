"""The folder of one showing of the showcase: fresh each time, and nobody else's."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from simulator.showcase.processes import ShowError

MARKER = ".scanlane-showcase"
SOCKET_PATH_BYTES = 100
"""Longest path of a unix socket that every platform takes, with room to spare."""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one run."""

    root: Path

    @property
    def lane(self) -> Path:
        """State folder of lane and simulator."""
        return self.root / "lane"

    @property
    def headquarters(self) -> Path:
        """Store of headquarters."""
        return self.root / "headquarters"

    @property
    def broker(self) -> Path:
        """Configuration and log of the broker."""
        return self.root / "broker"

    @property
    def papers(self) -> Path:
        """Manifests as they are sent."""
        return self.root / "manifests"

    @property
    def journal(self) -> Path:
        """Journal of the lane."""
        return self.lane / "journal.db"

    @property
    def control(self) -> Path:
        """Control socket of the lane."""
        return self.lane / "control.sock"


@contextlib.contextmanager
def fresh_folder(wanted: Path, console: Console) -> Iterator[Places]:
    """Give an empty folder for one run; one that is not ours is left alone.

    Raises:
        ShowError: the folder holds something else, or another showcase runs in it.
    """
    wanted = wanted.absolute()
    longest = len(bytes(wanted / "lane" / "control.sock"))
    if longest >= SOCKET_PATH_BYTES:
        wanted = Path(tempfile.mkdtemp(prefix="scanlane-"))
        console.print(f"the path is too long for sockets ({longest} bytes); using {wanted}")
    marker = wanted / MARKER
    if wanted.exists() and any(wanted.iterdir()) and not marker.exists():
        raise ShowError(f"{wanted} is not of a showcase; move it away or name another --folder")
    wanted.mkdir(parents=True, exist_ok=True)
    with marker.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ShowError(f"another showcase runs in {wanted}; end it first") from error
        for each in wanted.iterdir():
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each)
            elif each != marker:
                each.unlink()
        yield Places(wanted)
