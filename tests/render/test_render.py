"""Pixels: there is a picture, it shows what it should, and it follows the pose."""

import numpy as np
import pytest

from reachenv.drawing.render import Renderer, camera_id, shrink


def pellet_coloured(image: np.ndarray) -> np.ndarray:
    """Pixels of the pellet's orange: much red, little blue."""
    r, g, b = np.moveaxis(image.astype(int), -1, 0)
    return (r > 110) & (r - b > 70) & (g - b > 25)


def test_frame_is_a_picture(renderer, waiting_pose):
    image = renderer.frame(waiting_pose)
    assert image.shape == (180, 240, 3) and image.dtype == np.uint8
    assert image.std() > 20


def test_pellet_shows_and_can_be_hidden(renderer, waiting_pose):
    shown = pellet_coloured(renderer.frame(waiting_pose)).sum()
    hidden = pellet_coloured(renderer.frame(waiting_pose, hide=("pellet",))).sum()
    assert shown - hidden > 60
    assert pellet_coloured(renderer.frame(waiting_pose)).sum() == shown


def test_pellet_moves_in_the_picture(renderer, waiting_pose):
    other = waiting_pose.copy()
    other[renderer.model.joint("pellet").qposadr[0] + 2] += 4.0
    assert not np.array_equal(renderer.frame(waiting_pose), renderer.frame(other))


def test_same_pose_same_picture(renderer, waiting_pose):
    assert np.array_equal(renderer.frame(waiting_pose), renderer.frame(waiting_pose))


def test_wrong_length_of_qpos_says_so(renderer):
    with pytest.raises(ValueError, match=r"shape \(22,\)"):
        renderer.frame(np.zeros(5))


def test_unknown_camera_lists_cameras(renderer):
    with pytest.raises(ValueError, match="film, paw, side, wide, top"):
        camera_id(renderer.model, "ceiling")


def test_closed_renderer_says_so(renderer, waiting_pose):
    with Renderer(renderer.model, width=32, height=24) as short:
        short.frame(waiting_pose)
    with pytest.raises(RuntimeError, match="closed"):
        short.frame(waiting_pose)
    short.close()


def test_shrink_is_the_mean():
    image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    expected = np.round(image.reshape(2, 2, 3, 2, 3).mean(axis=(1, 3))).astype(np.uint8)
    assert np.abs(shrink(image, 2).astype(int) - expected).max() <= 1
    assert np.array_equal(shrink(np.full((4, 4, 3), 255, np.uint8), 2), np.full((2, 2, 3), 255, np.uint8))
