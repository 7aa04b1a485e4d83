"""Train virtual mice to reach for a pellet, block their dopamine partway, and see who learns.

python train.py                                         # control and M1-block groups: some minutes on two cores
python train.py --intervention striatum:2-4 --mice 12   # another experiment; --help shows every option
python train.py --resume runs/NAME                      # go on with a run that was interrupted
python train.py --agent ppo --steps 5000000             # a baseline of reinforcement learning instead of mice

This is `reachenv train`. What it does, from the options to the report, is `run` in lab/commands/train.py.
"""

import sys

from reachenv.lab.commands.main import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]], script="train.py")
