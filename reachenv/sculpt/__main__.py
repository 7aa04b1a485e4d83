"""Write every mesh and texture of assets/looks: `python -m reachenv.sculpt [folder]`. Deterministic: same code, same bytes."""

import sys
from pathlib import Path

import numpy as np

from reachenv.sculpt import hand, mouse, rig
from reachenv.sculpt.meshes import write_msh


def main(folder: Path) -> None:
    """Model, paint and write."""
    folder.mkdir(parents=True, exist_ok=True)
    skin = mouse.skin()
    plain = {
        "skin": skin, "ear_left": mouse.ear(), "ear_right": mouse.ear().mirror(), "whiskers": mouse.whiskers(), "tail": mouse.tail(),
        "nose": mouse.nose()[1], "claw": hand.claw(), "cup": rig.cup(), "plate": rig.plate(), "pellet": rig.pellet()[1], "cement": rig.cement(),
    }  # fmt: skip
    limb = {name: getattr(hand, name)()[1] for name in
            ("upper_arm", "forearm_proximal", "forearm_distal", "palm", "digit_proximal", "digit_distal", "thumb")}  # fmt: skip
    for name, mesh in (plain | limb).items():
        write_msh(mesh, folder / f"{name}.msh")
        span = np.ptp(mesh.points, axis=0)
        print(f"{name:18s} {len(mesh.points):6d} points {len(mesh.faces):6d} faces  {span.round(1)} mm")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "assets" / "looks")
