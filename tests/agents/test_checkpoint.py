"""Saved brains come back bit by bit, and a bad file is named with what was found and expected."""

import json

import numpy as np
import pytest

from reachenv.agents.checkpoint import CheckpointError, load, save

STATE = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "rate": np.float32(0.3) * np.ones(()), "n": np.array([1])}


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "mouse.safetensors"
    save(path, STATE, {"session": 3})
    return path


def test_round_trip(saved):
    state, meta = load(saved)
    assert meta == {"session": 3}
    assert state.keys() == STATE.keys()
    for name, value in STATE.items():
        assert state[name].dtype == value.dtype and state[name].shape == value.shape
        assert np.array_equal(state[name], value)


def test_nothing_else_is_left_behind(saved):
    assert sorted(p.name for p in saved.parent.iterdir()) == ["mouse.json", "mouse.safetensors"]


def _refused(path, *words):
    with pytest.raises(CheckpointError) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message and path.stem in message
    for word in words:
        assert word in message


def test_missing(tmp_path):
    _refused(tmp_path / "nobody.safetensors", "No such file")


def test_flipped_bit(saved):
    data = bytearray(saved.read_bytes())
    data[-1] ^= 1
    saved.write_bytes(data)
    _refused(saved, "damaged", "SHA-256")


def test_cut_short(saved):
    saved.write_bytes(saved.read_bytes()[:-4])
    _refused(saved, "damaged")


def test_json_is_not_json(saved):
    saved.with_suffix(".json").write_text("{")
    _refused(saved, "JSON is damaged")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [("format", "someone-else", ("someone-else", "reachenv-brain")), ("version", 99, ("99", "version 1"))],
)
def test_foreign_or_future(saved, key, value, words):
    head = json.loads(saved.with_suffix(".json").read_text())
    saved.with_suffix(".json").write_text(json.dumps(head | {key: value}))
    _refused(saved, *words)


def test_json_of_another_kind(saved):
    saved.with_suffix(".json").write_text("[1, 2]")
    _refused(saved, "list", "reachenv-brain")
