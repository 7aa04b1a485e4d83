"""Write every mesh and texture of assets/looks: `python -m reachenv.sculpt [folder]`. Deterministic: same code, same bytes."""

import sys
from pathlib import Path

import numpy as np

from reachenv.sculpt import hand, mouse, paint, rig
from reachenv.sculpt.left import left_forelimb
from reachenv.sculpt.fur import hairs
from reachenv.sculpt.meshes import Mesh, join, write_msh


def meshes() -> dict[str, Mesh]:
    """Every mesh by its file name."""
    skin = mouse.skin()
    coat = hairs(
        skin,
        7000,
        length=lambda p: 0.55 + 1.1 * paint.smooth(p[:, 0], 3, -6) + 1.6 * paint.smooth(p[:, 0], -8, -20),
        lie=mouse.hair_direction,
        wanted=mouse.hair_density,
    )
    arm = {name: getattr(hand, name)()[1] for name in ("upper_arm", "forearm_proximal", "forearm_distal")}
    for i, (name, count, long) in enumerate((("upper_arm", 420, 1.6), ("forearm_proximal", 300, 1.1), ("forearm_distal", 320, 0.75))):
        down = np.array([[0.0, 0.0, -1.0]])
        even = lambda p, n: (p[:, 2] > -10.6) + 0.02  # noqa: E731
        arm[name] = join(arm[name], hairs(arm[name], count, lambda p, long=long: np.full(len(p), long), lambda p: down.repeat(len(p), 0), even, 0.11, 0.2, i))
    bare = {name: getattr(hand, name)()[1] for name in ("palm", "digit_proximal", "digit_distal", "thumb")}
    rest = {
        "ear_left": mouse.ear(), "ear_right": mouse.ear().mirror(), "whiskers": mouse.whiskers(), "tail": mouse.tail(), "nose": mouse.nose()[1],
        "claw": hand.claw(), "cup": rig.cup(), "plate": rig.plate(), "pellet": rig.pellet()[1], "cement": rig.cement(),
    }  # fmt: skip
    rest["hind_foot"] = mouse.hind_feet()
    return {"skin": skin, "coat": coat} | arm | bare | rest | left_forelimb(arm | bare | rest)


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
        print(f"{name:18s} {len(mesh.points):6d} points {len(mesh.faces):6d} faces  {np.ptp(mesh.points, axis=0).round(1)} mm")
    for name, image in textures(models["skin"]).items():
        paint.write_png(image, folder / f"{name}.png")
        print(f"{name:18s} {image.shape[1]:5d} × {image.shape[0]} pixels {(folder / f'{name}.png').stat().st_size // 1024:5d} KiB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "assets" / "looks")
