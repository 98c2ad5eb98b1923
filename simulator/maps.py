"""Where the device maps of a lane file lie."""

import sysconfig
from pathlib import Path


def device_maps_beside(lane_file: Path) -> Path:
    """Return the folder of device maps: beside the lane file's folder, in the tree, installed."""
    candidates = (
        lane_file.resolve().parent.parent / "devices",
        Path(__file__).resolve().parent.parent / "config" / "devices",
        Path(sysconfig.get_path("data")) / "share" / "scanlane" / "config" / "devices",
    )
    return next((folder for folder in candidates if folder.is_dir()), candidates[0])
