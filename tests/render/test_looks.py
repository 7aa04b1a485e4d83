"""Looks change nothing but what is seen."""

import time

import mujoco
import numpy as np
import pytest

from reachenv import body
from reachenv.drawing import looks


@pytest.fixture(scope="module")
def bare():
    return body.build_model()


@pytest.fixture(scope="module")
def dressed():
    return looks.dress(body.build_spec()).compile()


def touching(model) -> list[str]:
    return [model.geom(i).name for i in range(model.ngeom) if model.geom_contype[i] or model.geom_conaffinity[i]]


def test_physics_is_untouched(bare, dressed):
    for count in ("nq", "nv", "nu", "na", "njnt", "ntendon", "nsensor", "nsensordata", "nexclude"):
        assert getattr(bare, count) == getattr(dressed, count), count
    assert touching(bare) == touching(dressed)
    assert bare.body_mass.sum() == dressed.body_mass.sum()
    for i in range(bare.nbody):
        name = bare.body(i).name
        assert np.array_equal(bare.body_mass[i], dressed.body(name).mass[0])
        assert np.array_equal(bare.body_inertia[i], dressed.body(name).inertia)
    for i in range(bare.njnt):
        assert bare.joint(i).name == dressed.joint(i).name and bare.jnt_qposadr[i] == dressed.jnt_qposadr[i]


def test_both_move_alike(bare, dressed):
    ends = []
    for model in (bare, dressed):
        data = mujoco.MjData(model)
        for step in range(200):
            data.ctrl[:] = 0.3 * np.sin(0.1 * step + np.arange(model.nu))
            mujoco.mj_step(model, data)
        ends.append(data.qpos.copy())
    assert np.array_equal(*ends)


def test_looks_neither_weigh_nor_touch(dressed):
    added = [i for i in range(dressed.ngeom) if dressed.geom(i).name.startswith(looks.PREFIX)]
    assert len(added) > 40
    assert not dressed.geom_contype[added].any() and not dressed.geom_conaffinity[added].any()
    assert set(dressed.geom_group[added]) == {1}


def test_every_colliding_part_of_the_hand_is_covered_closely(dressed):
    """What touches is drawn by what covers it: no colliding shape stands out of its skin by more than .15 mm."""
    names = ["thumb"] + [f"digit{d}_{part}" for d in (2, 3, 4, 5) for part in ("proximal", "distal")]
    for name in names:
        physical, seen = dressed.geom(name), dressed.geom(looks.PREFIX + name)
        mesh = seen.dataid[0]
        first, count = dressed.mesh_vertadr[mesh], dressed.mesh_vertnum[mesh]
        turn = np.zeros(9)
        mujoco.mju_quat2Mat(turn, seen.quat)
        points = dressed.mesh_vert[first : first + count] @ turn.reshape(3, 3).T + seen.pos
        mujoco.mju_quat2Mat(turn, physical.quat)
        local = (points - physical.pos) @ turn.reshape(3, 3)
        along = np.clip(local[:, 2], -physical.size[1], physical.size[1])
        height = np.linalg.norm(local - np.outer(along, [0, 0, 1]), axis=1) - physical.size[0]
        assert -0.1 < height.min(), f"{name} sinks {-height.min():.2f} mm into its colliding shape"
        assert height.max() < 0.4, f"{name} stands {height.max():.2f} mm off its colliding shape"


def test_compiles_quickly():
    spec = looks.dress(body.build_spec())
    start = time.process_time()
    spec.compile()
    assert time.process_time() - start < 0.6  # .07 s on an idle machine


def test_a_body_without_a_part_is_dressed_without_it():
    spec = mujoco.MjSpec()
    spec.worldbody.add_body(name="pellet").add_geom(size=[1, 1, 1])
    model = looks.dress(spec).compile()
    assert {model.geom(i).name for i in range(model.ngeom)} >= {"looks/pellet", "looks/skin"}
    assert "looks/palm" not in {model.geom(i).name for i in range(model.ngeom)}


@pytest.mark.parametrize("camera", looks.CAMERAS)
def test_cameras_keep_their_names(dressed, camera):
    assert dressed.camera(camera).id >= 0


def test_film_camera_sees_paw_pellet_and_mouth(dressed):
    data = mujoco.MjData(dressed)
    mujoco.mj_forward(dressed, data)
    camera = data.camera("film")
    points = {"mouth": np.zeros(3), "pellet": data.body("pellet").xpos, "perch": np.array([-2.0, -5.5, -18.5])}
    half = np.tan(np.radians(dressed.camera("film").fovy[0]) / 2)
    for name, point in points.items():
        x, y, z = (point - camera.xpos) @ camera.xmat.reshape(3, 3)
        assert abs(y / -z) < half and abs(x / -z) < half * 4 / 3, f"{name} is out of the picture"
