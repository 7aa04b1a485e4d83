"""Dress the physics: fur, skin, rig, lights and cameras as visual geoms that neither weigh nor touch."""

import mujoco

from reachenv import assets

PREFIX = "looks/"
"""Every element that the looks add is named so, but for the cameras."""

CAMERAS = ("film", "paw", "side", "wide", "top")
_CARRIER = PREFIX + "on:"  # a body "on:NAME" in looks.xml carries the looks of the physics body NAME


def dress(spec: mujoco.MjSpec) -> mujoco.MjSpec:
    """Add the looks of looks.xml to a physics spec, in place, and return it.

    Masses, joints, contacts and the layout of qpos stay as they are; geom ids move up. Physics bodies that the looks do
    not know stay bare, and looks of bodies that the physics lacks are left out, so that a varied body can be dressed too.
    """
    present = {body.name for body in spec.bodies}
    looks = mujoco.MjSpec.from_file(str(assets.path("looks.xml")))
    spec.visual = looks.visual
    spec.attach(looks, prefix=PREFIX, frame=spec.worldbody.add_frame())
    for carrier in [body for body in spec.bodies if body.name.startswith(_CARRIER)]:
        name, geoms = carrier.name.removeprefix(_CARRIER), [_fields(geom) for geom in carrier.geoms]
        spec.delete(carrier)
        if name in present:
            for fields in geoms:
                spec.body(name).add_geom(contype=0, conaffinity=0, mass=0, group=1, **fields)
    for camera in spec.cameras:
        camera.name = camera.name.removeprefix(PREFIX)
    return spec


def _fields(geom: mujoco.MjsGeom) -> dict:
    """What makes a visual geom, as values that outlive it."""
    return {
        "name": geom.name, "type": geom.type, "size": geom.size.copy(), "pos": geom.pos.copy(), "quat": geom.quat.copy(),
        "meshname": geom.meshname, "material": geom.material,
    }  # fmt: skip
