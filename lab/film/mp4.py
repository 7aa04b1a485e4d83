"""H.264 files that play everywhere: yuv420p, even sizes, index at the front."""

from collections.abc import Iterable
from pathlib import Path

import imageio_ffmpeg
import numpy as np


def write_mp4(path: Path, frames: Iterable[np.ndarray], size: tuple[int, int], fps: int, crf: int = 19) -> int:
    """Encode `frames` (each (height, width, 3) uint8) to `path`; return how many.

    Args:
        size: width, height [pixels]; both even, or yuv420p cannot hold them.
        crf: constant quality of x264: 18 hardly differs from the source, 23 is its default.
    """
    width, height = size
    if width % 2 or height % 2:
        raise ValueError(f"A film needs an even width and height, got {width}×{height}.")
    writer = imageio_ffmpeg.write_frames(
        str(path),
        size,
        fps=fps,
        codec="libx264",
        pix_fmt_out="yuv420p",
        macro_block_size=2,
        ffmpeg_log_level="error",
        output_params=[*f"-crf {crf} -preset veryfast -tune animation -threads 2 -movflags +faststart -f mp4".split()],
    )
    writer.send(None)
    count = 0
    try:
        for frame in frames:
            if frame.shape != (height, width, 3) or frame.dtype != np.uint8:
                raise ValueError(f"A frame must be ({height}, {width}, 3) uint8, got {frame.shape} {frame.dtype}.")
            writer.send(np.ascontiguousarray(frame))
            count += 1
    finally:
        writer.close()
    return count
