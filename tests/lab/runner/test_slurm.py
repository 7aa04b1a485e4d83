"""The batch script of docs/cluster.md, carried out with stand-ins for Slurm, Ray and `reachenv`."""

import os
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "cluster.md"
SAYS = '#!/bin/bash\necho "$(basename "$0") $* [$SRUN_CPUS_PER_TASK]" >> "$SAID"\n'


@pytest.mark.parametrize("nodes", [1, 4])
def test_every_node_has_one_ray_with_all_its_cores(nodes, tmp_path):
    script = PAGE.read_text(encoding="utf-8").split("## Under Slurm")[1].split("```sh\n")[1].split("```")[0]
    commands, said = tmp_path / "commands", tmp_path / "said"
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/activate").touch()
    commands.mkdir()
    for name in ("srun", "reachenv", "sleep"):
        (commands / name).write_text(SAYS)
    (commands / "scontrol").write_text(f"#!/bin/bash\nprintf 'n%s\\n' $(seq 1 {nodes})\n")
    for command in commands.iterdir():
        command.chmod(0o755)
    job = {"SLURM_JOB_NODELIST": "n", "SLURM_NNODES": str(nodes), "SLURM_CPUS_PER_TASK": "32", "SLURM_SUBMIT_DIR": "/s"}
    env = {"PATH": f"{commands}:{os.environ['PATH']}", "SAID": str(said), **job}
    subprocess.run(["bash", "-ec", f"{script}\nwait"], cwd=tmp_path, env=env, check=True)
    starts = [line for line in said.read_text().splitlines() if line.startswith("srun")]
    head, *others = sorted(starts, key=lambda line: "--head" not in line)
    assert "--nodes=1 --ntasks=1 -w n1 ray start --head" in head
    assert [f"--nodes={nodes - 1} --ntasks={nodes - 1} --exclude=n1 ray start" in line for line in others] == [True] * (
        nodes > 1
    )
    assert all(line.endswith("[32]") and "--num-cpus=32" in line for line in starts)
    assert "reachenv train --ray" in said.read_text()
