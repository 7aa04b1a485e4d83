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
