"""The README's Python runs as it stands, and its table of baselines is the published one."""

import re
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_python_block_runs(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = BLOCKS[number].replace("* 400 * 10", "* 400 * 1")  # one trial instead of ten
    exec(compile(code, f"README.md, block {number + 1}", "exec"), {})


def test_there_are_blocks_to_run():
    assert len(BLOCKS) >= 2


def test_the_table_of_baselines_is_the_published_one():
    """`reachenv compare` writes it; the README shows the same lines."""
    published = (Path(__file__).parent.parent / "docs" / "results" / "baselines" / "README.md").read_text()
    table = [line for line in published.splitlines() if line.startswith("|")]
    assert len(table) >= 4 and "\n".join(table) in README
