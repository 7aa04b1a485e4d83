"""The examples, and the Python of docs/rl.md, run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_ppo_in_one_file_runs():
    command = [sys.executable, str(ROOT / "examples" / "ppo_cleanrl_style.py"), "--steps", "1600", "--worlds", "2"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert len(lines) == 2 and lines[-1].startswith("1,600 steps: success 0.")


def test_the_three_lines_of_the_page_for_rl_people_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "rl.md").read_text(), flags=re.DOTALL)
    assert blocks
    for code in blocks:
        exec(compile(code, "docs/rl.md", "exec"), {})
    assert (tmp_path / "agent.zip").exists()


def test_the_python_of_the_page_on_own_brains_runs(tmp_path, monkeypatch):
    from reachenv.agents.check import default_senses
    from reachenv.agents.interventions import parse
    from reachenv.lab.commands.main import call

    path = tmp_path / "run"
    call(
        [
            "train",
            "--mice",
            "1",
            "--sessions",
            "2",
            "--trials",
            "1",
            "--no-film",
            "--workers",
            "1",
            "--output",
            str(path),
        ]
    )
    monkeypatch.syspath_prepend(str(ROOT))
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "own-brain.md").read_text(), flags=re.DOTALL)
    assert len(blocks) == 3
    for code in blocks:
        code = (
            code.replace("runs/acquisition", str(path))
            .replace("control/m03", "control/m01")
            .replace("session=7", "session=2")
        )
        there: dict = {}
        exec(compile(code, "docs/own-brain.md", "exec"), there)
        if "brain" in there:  # the shipped brain with another rule
            own, usual = (there["brain"](default_senses(), 5, [1], **rules) for rules in ({}, {"rules": None}))
            assert own.describe().digest != usual.describe().digest and own.supports(parse("gpi:1"))
