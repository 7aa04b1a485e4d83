"""The modelling kit, against shapes whose answers are known."""

import numpy as np

from tools.sculpt.meshes import lathe, tube, write_msh
from tools.sculpt.solids import blend, cone, ellipsoid, normals, occlusion, shadow


def area(mesh) -> float:
    a, b, c = (mesh.points[mesh.faces[:, i]] for i in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def volume(mesh) -> float:
    a, b, c = (mesh.points[mesh.faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def ball(radius: float = 2.0):
    at = (1 - np.cos(np.linspace(0, np.pi, 60))) / 2
    return tube(ellipsoid((0, 0, 0), [radius] * 3), np.array([(0, 0, -radius + 0.02), (0, 0, radius - 0.02)]), at, 80)


def test_a_tube_round_a_sphere_is_a_closed_sphere():
    mesh = ball()
    assert np.allclose(np.linalg.norm(mesh.points, axis=1), 2.0, atol=1e-3)
    assert np.allclose(mesh.normals, mesh.points / 2.0, atol=1e-2)
    assert abs(area(mesh) / (16 * np.pi) - 1) < 0.01
    assert abs(volume(mesh) / (32 / 3 * np.pi) - 1) < 0.01  # positive: faces look outward


def test_mirroring_keeps_faces_outward():
    assert abs(volume(ball().mirror()) - volume(ball())) < 1e-9


def test_lathe_of_a_rectangle_is_a_cylinder():
    mesh = lathe(np.array([(0.0, 0.0), (3.0, 0.0), (3.0, 2.0), (0.0, 2.0)]), 90)
    assert abs(volume(mesh) / (18 * np.pi) - 1) < 0.01


def test_distance_of_a_cone_and_of_a_blend():
    capsule = cone((0, 0, 0), (4, 0, 0), 1.0, 1.0)
    assert np.allclose(capsule(np.array([[2.0, 3.0, 0.0], [6.0, 0.0, 0.0], [2.0, 0.0, 0.0]])), [2.0, 1.0, -1.0])
    both = blend(capsule, cone((0, 5, 0), (4, 5, 0), 1.0, 1.0), k=0.5)
    far = np.array([[2.0, -3.0, 0.0]])
    assert np.allclose(both(far), capsule(far))
    assert np.allclose(normals(capsule, np.array([[2.0, 1.0, 0.0]])), [[0, 1, 0]], atol=1e-6)


def test_what_is_covered_is_darker():
    floor_and_ball = blend(lambda p: p[:, 2], ellipsoid((0, 0, 3.0), (2, 2, 2)), k=0.01)
    points, up = np.array([[0.0, 0, 0], [12.0, 0, 0]]), np.array([[0.0, 0, 1]] * 2)
    sky = occlusion(floor_and_ball, points, up, 4.0)
    lit = shadow(floor_and_ball, points, up, np.array([0.0, 0.0, 1.0]))
    assert sky[0] < sky[1] - 0.1 and sky[1] > 0.95
    assert lit[0] == 0.0 and lit[1] > 0.9


def test_msh_file_has_the_documented_size(tmp_path):
    mesh = ball()
    write_msh(mesh, tmp_path / "ball.msh")
    n, m = len(mesh.points), len(mesh.faces)
    assert (tmp_path / "ball.msh").stat().st_size == 16 + 12 * (n + n + m) + 8 * n
