"""The image worker as control has it: what it is told at its start, and who hears what it says."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from edge import ipc
from edge.control.cases import StoredImage
from edge.control.lane_logic import LaneLogic
from edge.settings import LaneFile
from edge.worker_proxy import Callbacks, WorkerProxy

log = logging.getLogger(__name__)


def make_worker(
    lane: LaneFile,
    state: Path,
    *,
    logic: LaneLogic,
    tell: Callable[[Mapping[str, object]], None],
    now_ns: Callable[[], int],
) -> WorkerProxy:
    """Make the worker's proxy for a lane logic.

    Args:
        lane: the lane file.
        state: state folder; packages are named relative to it.
        logic: hears of lines, packages and failures.
        tell: shows progress to listeners.
        now_ns: monotonic time.
    """
    detector = lane.detector
    configure = ipc.Configure(
        host=detector.host,
        port=detector.port,
        detectors=detector.detectors,
        reference_pixels=detector.reference_pixels,
        max_lines=detector.max_lines,
        state_folder=str(state),
        archive_folder=str(state / "archive"),
        lane=lane.lane.id,
        simulated=lane.lane.simulated,
        energies=detector.energies,
    )

    def progress(told: ipc.Progress) -> None:
        logic.lines_progressed(told.scan_id)
        tell({"progress": {"scan_id": told.scan_id, "lines": told.lines}})

    def package(written: ipc.PackageWritten) -> None:
        image = _image(written, state)
        logic.package_written(written.scan_id, image, complete=written.complete)

    callbacks = Callbacks(
        on_progress=progress,
        on_package=package,
        on_failed=lambda failed: logic.scan_failed(failed.scan_id, failed.detail),
        on_orphan=lambda orphan: log.warning("%s: %s", orphan.folder, orphan.detail),
    )
    return WorkerProxy(
        name="worker",
        configure=configure,
        sink=logic.supervisor,
        callbacks=callbacks,
        now_ns=now_ns,
    )


def _image(written: ipc.PackageWritten, state: Path) -> StoredImage:
    folder = Path(written.folder)
    shown = folder.relative_to(state) if folder.is_relative_to(state) else folder
    return StoredImage(
        folder=str(shown),
        sha256=written.sha256,
        size_bytes=sum(file.size_bytes for file in written.files),
        lines=written.height,
        thumbnail_png=written.thumbnail_b64,
    )
