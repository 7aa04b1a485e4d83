"""train.py with the stub in the place of world and brain.

In the environment, STUB_SLOW makes its sessions last, and STUB_NO_FIGURES draws no figures.
"""

import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

import stub  # noqa: E402

from reachenv.lab.figures import run as figures  # noqa: E402
from reachenv.lab.runner import brains  # noqa: E402

if __name__ == "__main__":
    slow = brains.Parts(stub.make_slow_world, stub.make_brain)
    brains.BRAINS["bg_loop"] = slow if os.environ.get("STUB_SLOW") else stub.STUB
    if os.environ.get("STUB_NO_FIGURES"):
        figures.draw_all = lambda run: []
    import runpy

    sys.argv[0] = "train.py"
    runpy.run_path(str(Path(__file__).parents[2] / "train.py"), run_name="__main__")
