"""Write every mesh and texture of assets/looks: `python -m tools.sculpt [folder]`. Deterministic: same code, same bytes."""

import argparse
from pathlib import Path

import numpy as np

from reachenv import assets
from reachenv.drawing.png import write_png
from tools.sculpt import hand, mouse, paint, rig
from tools.sculpt.fur import hairs
from tools.sculpt.left import left_forelimb
from tools.sculpt.meshes import Mesh, join, write_msh

ARM_HAIR = {"upper_arm": (420, 1.6), "forearm_proximal": (300, 1.1), "forearm_distal": (420, 0.8)}
"""Number and length [mm] of the standing hairs on each part of the arm."""
BODY_HAIR = 7000
BARE = ("palm", "digit_proximal", "digit_distal", "thumb")


def meshes() -> dict[str, Mesh]:
    """Every mesh by its file name."""
    skin = mouse.skin()
    right = {name: furry(getattr(hand, name)()[1], *ARM_HAIR[name], seed=i) for i, name in enumerate(ARM_HAIR)}
    right |= {name: getattr(hand, name)()[1] for name in BARE} | {"claw": hand.claw()}
    return {
        "skin": skin,
        "coat": hairs(skin, BODY_HAIR, mouse.hair_length, mouse.hair_direction, mouse.hair_density),
        "ear_left": mouse.ear(),
        "ear_right": mouse.ear().mirror(),
        "nose": mouse.nose()[1],
        "whiskers": mouse.whiskers(),
        "tail": mouse.tail(),
        "hind_foot": mouse.hind_feet(),
        "cup": rig.cup(),
        "plate": rig.plate(),
        "pellet": rig.pellet()[1],
        "cement": rig.cement(),
        **right,
        **left_forelimb(right),
    }


def furry(limb: Mesh, count: int, length: float, seed: int) -> Mesh:
    """A limb about −z with hair that lies towards the paw."""
    even = lambda points, _: 1.0 + 3.0 * ((points[:, 2] < -9.0) & (length < 1))  # noqa: E731  the cuff hides the wrist
    down = lambda points: np.tile([0.0, 0.0, -1.0], (len(points), 1))  # noqa: E731
    coat = hairs(limb, count, lambda points: np.full(len(points), length), down, even, width=0.11, lift=0.2, seed=seed)
    return join(limb, coat)


def textures(skin: Mesh) -> dict[str, np.ndarray]:
    """Every texture by its file name."""
    at = mouse.rings()
    return {
        "coat": paint.coat(skin, (at - at[0]) / (at[-1] - at[0]), mouse.body()),
        "arm": paint.arm_coat(), "pinna": paint.pinna(), "pellet": paint.speckle(), "breadboard": paint.breadboard(),
    }  # fmt: skip


def main(folder: Path) -> None:
    """Model, paint and write."""
    folder.mkdir(parents=True, exist_ok=True)
    models = meshes()
    for name, mesh in models.items():
        write_msh(mesh, folder / f"{name}.msh")
        print(
            f"{name:18s} {len(mesh.points):6d} points {len(mesh.faces):6d} faces  {np.ptp(mesh.points, axis=0).round(1)} mm"
        )
    for name, image in textures(models["skin"]).items():
        write_png(image, folder / f"{name}.png")
        print(
            f"{name:18s} {image.shape[1]:5d} × {image.shape[0]} pixels {(folder / f'{name}.png').stat().st_size // 1024:5d} KiB"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.sculpt", description=__doc__.split(":")[0] + ".")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=assets.repository() / "assets" / "looks", help="where to write"
    )
    main(parser.parse_args().folder)
