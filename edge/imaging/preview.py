"""The pictures of a scan for people: preview and thumbnail, 8 bits, never used to measure.

Travel runs from left to right, height upwards, both to scale. Invalid pixels are red, so that no
hole in the data can pass for an empty place.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from edge.errors import ScanError
from edge.imaging.kernels import INVALID
from edge.imaging.preprocess import Developed

MAX_SIDE = 2048
THUMBNAIL_SIDE = 320
MAX_THUMBNAIL_BYTES = 32_768
BLACK_CODE = 6000
"""Six nepers are drawn black."""
GAMMA = 0.6
"""Spreads the thin materials, in which most goods lie."""
RED = 255
MIN_SIDE = 16
BANNER_HEIGHT = 14
SIMULATED = "SIMULATED"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Both pictures as PNG."""

    preview: bytes
    thumbnail: bytes


def draw(developed: Developed, *, line_um: int, pitch_um: int, simulated: bool) -> Pictures | None:
    """Draw a scan, cut to the lines under beam; None when there are none.

    Args:
        developed: the attenuation.
        line_um: belt travel per line, 0 when unknown: then lines are as wide as detectors.
        pitch_um: pitch of the detectors.
        simulated: whether to write SIMULATED across.
    """
    lit = np.flatnonzero(developed.usable)
    if lit.size == 0:
        return None
    codes = developed.codes[lit[0] : lit[-1] + 1].T[::-1]
    grey = grey_levels(codes)
    holes = (codes == INVALID).astype(np.uint8) * 255
    aspect = (line_um or pitch_um) / max(pitch_um, 1)
    width, height = max(1.0, codes.shape[1] * aspect), float(codes.shape[0])
    preview = _picture(grey, holes, _fit(width, height, MAX_SIDE), simulated=simulated)
    side = THUMBNAIL_SIDE
    while side >= MIN_SIDE:
        thumbnail = _picture(grey, holes, _fit(width, height, side), simulated=simulated)
        if len(thumbnail) <= MAX_THUMBNAIL_BYTES:
            return Pictures(preview, thumbnail)
        side //= 2
    raise ScanError(f"no thumbnail of at most {MAX_THUMBNAIL_BYTES} bytes can be made")


def grey_levels(codes: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Attenuation to grey: 254 for nothing in the beam, 0 from six nepers on."""
    steps = np.arange(INVALID + 1) / BLACK_CODE
    table = np.rint(254 * (1 - np.minimum(steps, 1.0) ** GAMMA)).astype(np.uint8)
    levels: NDArray[np.uint8] = table[codes]
    return levels


def _fit(width: float, height: float, side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _picture(
    grey: NDArray[np.uint8],
    holes: NDArray[np.uint8],
    size: tuple[int, int],
    *,
    simulated: bool,
) -> bytes:
    box = Image.Resampling.BOX
    levels = np.asarray(Image.fromarray(np.ascontiguousarray(grey)).resize(size, box))
    hidden = np.asarray(Image.fromarray(np.ascontiguousarray(holes)).resize(size, box))
    # Any share of a hole makes the pixel red: shrinking must not hide one.
    indexed = np.where(hidden > 0, RED, np.minimum(levels, RED - 1)).astype(np.uint8)
    image = Image.fromarray(indexed).convert("P")
    image.putpalette([value for level in range(RED) for value in (level,) * 3] + [220, 0, 0])
    if simulated:
        pen = ImageDraw.Draw(image)
        pen.rectangle((0, 0, 70, BANNER_HEIGHT), fill=0)
        pen.text((4, 1), SIMULATED, fill=RED - 1)
    out = io.BytesIO()
    # Level 9 takes twenty times as long for a few percent of size.
    image.save(out, "PNG", compress_level=4)
    return out.getvalue()
