"""Saved agents as a stranger may have changed them: each is refused in one short sentence, or is an agent that acts.

A file is changed below its seal (flipped bits, cut short, members exchanged), where it must be refused or hold the very same
arrays; or above it (facts and arrays changed, and sealed again), where what loads must hold finite numbers and command finite ones.
`pytest -s -m long tests/agents/test_hostile_files.py` tries thousands and prints how they ended.
"""

import io
import json
import os
import tracemalloc
import warnings
import zipfile
from collections import Counter
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reachenv import senses
from reachenv.agents import archive, checkpoint
from reachenv.agents.brain.loop import Loop
from reachenv.agents.checkpoint import BODY, HEAD, CheckpointError
from reachenv.agents.rl import baselines, store
from reachenv.agents.rl.bg_loop import BGLoop
from reachenv.agents.rl.policy_brain import Seat

WHERE, ACTIONS = senses.slices(5), 5
KINDS = ("mice", "brain", "ppo", "sac", "recurrent_ppo")
SMALL = {"ppo": {"n_steps": 64, "batch_size": 64}, "recurrent_ppo": {"n_steps": 64, "batch_size": 64}, "sac": {}}
NAME = "agent.zip"


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """More make small products very slow where other tests run beside these."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def seat() -> Seat:
    return Seat(WHERE, ACTIONS)


def learned(agent) -> None:
    """Give every optimiser of an agent something to remember."""
    for part, values in agent.get_parameters().items():
        if "param_groups" in values:
            optimiser = store.recursive_getattr(agent, part)
            for group in optimiser.param_groups:
                for parameter in group["params"]:
                    parameter.grad = torch.full_like(parameter, 0.01)
            optimiser.step()


@cache
def saved(kind: str, seed: int = 0) -> tuple[bytes, bytes]:
    """(body, head) of an agent of a kind."""
    if kind == "brain":
        return checkpoint.encode(Loop(WHERE, ACTIONS, [seed]).state(0), {"subject": "control/m01", "session": 1})
    agent = (
        BGLoop("LoopPolicy", seat(), seed=seed) if kind == "mice" else baselines.make(kind, seat(), seed, **SMALL[kind])
    )
    file = io.BytesIO()
    if kind == "mice":
        agent.save(file)
    else:
        learned(agent)
        store.save(agent, file)
    with zipfile.ZipFile(file) as both:
        return both.read(BODY), both.read(HEAD)


def packed(body: bytes, head: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as both:
        both.writestr(BODY, body)
        both.writestr(HEAD, head)
    return file.getvalue()


def load(kind: str, path):
    """Arrays that a file gives, and the command of the agent that it makes."""
    obs = np.zeros((1, max(s.stop for s in WHERE.values())), np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "brain":
            loop = Loop(WHERE, ACTIONS, [5])
            state, _ = checkpoint.load_zip(path, "a brain")
            try:
                loop.set_state(0, state)
            except ValueError as error:  # as the runner has it
                raise CheckpointError(f"{path} does not fit: {error}") from None
            return loop.state(0), loop.step(obs, np.zeros(1, np.float32))
        if kind == "mice":
            agent = BGLoop.load(path)
            mice = len(agent.mice)
            return agent.get_parameters()["mice"], agent.predict(np.tile(obs, (mice, 1)))[0]
        agent = store.load(path, seat(), **SMALL[kind])
        more = np.concatenate([obs, obs[:, :1]], 1)  # how far into the decision, which the wrapper adds
        return store.arrays_of(agent), agent.predict(more, deterministic=True)[0]


def ends(kind: str, data: bytes, folder, sealed_again: bool) -> str:
    """How a changed file ends: "refused" or "loads". Anything else fails."""
    path = folder / NAME
    path.write_bytes(data)
    try:
        arrays, command = load(kind, path)
    except CheckpointError as error:
        text = str(error)
        assert NAME in text and "\n" not in text and len(text) < 700, text
        return "refused"
    assert np.isfinite(command).all()
    assert all(np.isfinite(a).all() for a in arrays.values())
    if not sealed_again:
        own, _ = checkpoint.decode(*saved(kind), "it")
        assert arrays.keys() >= own.keys()
        for name, value in own.items():
            assert value.tobytes() == np.asarray(arrays[name]).tobytes(), name
    return "loads"


# ------------------------------------------------------------------------------------------------ what strangers do

JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8),
        st.sampled_from(["../../x", "/etc", "\0", "x" * 5000, 2**31, -1, 0, 1, 10**9, float("nan"), float("inf")]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
ARRAY_CHANGES = {
    "int8": lambda a: a.astype(np.int8),
    "float64": lambda a: a.astype(np.float64) if a.dtype == np.float32 else a.astype(np.float32),
    "float16": lambda a: a.astype(np.float16),
    "nan": lambda a: np.full_like(a, np.nan),
    "one inf": lambda a: np.where(np.arange(a.size).reshape(a.shape) == 0, np.inf, a).astype(a.dtype),
    "negative": lambda a: -np.abs(a) - 1,
    "huge": lambda a: np.full_like(a, 3e38),
    "scalar": lambda a: a.reshape(-1)[0] if a.ndim else a[None],
    "longer": lambda a: np.concatenate([a, a]) if a.ndim else np.stack([a, a]),
    "shorter": lambda a: a[:-1] if a.ndim else np.zeros(0, a.dtype),
    "flat": lambda a: a.reshape(-1)[None],
    "empty": lambda a: a.reshape(-1)[:0],
}
UNSEALED = st.one_of(
    st.tuples(st.just("flip"), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), min_size=1, max_size=4)),
    st.tuples(st.just("flip ends"), st.lists(st.tuples(st.integers(-250, 250), st.integers(0, 7)), min_size=1, max_size=2)),
    st.tuples(st.just("cut"), st.floats(0, 1)),
    st.tuples(st.just("exchange"), st.sampled_from([(k, part) for k in KINDS for part in (BODY, HEAD)])),
    st.tuples(st.just("junk"), st.binary(max_size=200)),
)  # fmt: skip
SEALED = st.one_of(
    st.tuples(st.just("fact"), st.tuples(st.integers(0, 10**6), JSON)),
    st.tuples(st.just("no fact"), st.integers(0, 10**6)),
    st.tuples(st.just("array"), st.tuples(st.integers(0, 10**6), st.sampled_from(sorted(ARRAY_CHANGES)))),
    st.tuples(st.just("no array"), st.integers(0, 10**6)),
    st.tuples(st.just("renamed array"), st.tuples(st.integers(0, 10**6), st.text(max_size=12))),
    st.tuples(st.just("other arrays"), st.sampled_from(KINDS)),
)


def below(kind: str, change) -> bytes:
    """A file changed as disks and careless hands do."""
    (what, how), (body, head) = change, saved(kind)
    data = bytearray(packed(body, head))
    if what == "flip":
        for where, bit in how:
            data[int(where * (len(data) - 1))] ^= 1 << bit
    elif what == "flip ends":  # where lists of members and of arrays lie
        for where, bit in how:
            data[where] ^= 1 << bit
    elif what == "cut":
        del data[int(how * (len(data) - 1)) :]
    elif what == "exchange":
        other, part = saved(how[0], 1), how[1]
        data = bytearray(packed(other[0] if part == BODY else body, other[1] if part == HEAD else head))
    else:
        data = bytearray(how)
    return bytes(data)


def above(kind: str, change) -> bytes:
    """A file changed by who knows how it is sealed."""
    (what, how), (body, text) = change, saved(kind)
    arrays, meta = checkpoint.decode(body, text, "it")
    if what in ("fact", "no fact"):
        places = list(_places(meta))
        holder, key = places[(how if what == "no fact" else how[0]) % len(places)]
        if what == "no fact":
            del holder[key]
        else:
            holder[key] = how[1]
    elif what == "other arrays":
        arrays, _ = checkpoint.decode(*saved(how, 1), "it")
    else:
        name = sorted(arrays)[(how if what == "no array" else how[0]) % len(arrays)]
        value = arrays.pop(name)
        if what == "array":
            with np.errstate(all="ignore"):
                arrays[name] = np.ascontiguousarray(ARRAY_CHANGES[how[1]](value))
        elif what == "renamed array":
            arrays[how[1]] = value
    return packed(*checkpoint.encode(arrays, meta))


def _places(value):
    """(holder, key) of everything inside plain data."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def tried(examples: int, random: bool, folder) -> Counter:
    """Try so many changed files; returns (what was changed, how it ended) → how often."""
    counts: Counter = Counter()
    common = settings(
        max_examples=examples // 2, deadline=None, database=None, derandomize=not random,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    @common
    @given(st.sampled_from(KINDS), UNSEALED)
    def unsealed(kind, change):
        counts[change[0], ends(kind, below(kind, change), folder, sealed_again=False)] += 1

    @common
    @given(st.sampled_from(KINDS), SEALED)
    def sealed(kind, change):
        counts[change[0], ends(kind, above(kind, change), folder, sealed_again=True)] += 1

    unsealed()
    sealed()
    return counts


def test_hundreds_of_changed_files_are_refused_or_act(tmp_path):
    counts = tried(500, random=False, folder=tmp_path)
    assert sum(counts.values()) >= 400
    assert sum(n for (_, ended), n in counts.items() if ended == "refused") > 250


@pytest.mark.long
def test_thousands_of_changed_files_are_refused_or_act(tmp_path):
    counts = tried(6_000, random=True, folder=tmp_path)
    for (what, ended), n in sorted(counts.items()):
        print(f"{what:14} {ended:8} {n:6}")
    print(f"{'all':14} {'':8} {sum(counts.values()):6}")


@pytest.mark.parametrize("kind", KINDS)
def test_an_agent_that_nobody_changed_loads(kind, tmp_path):
    assert ends(kind, packed(*saved(kind)), tmp_path, sealed_again=False) == "loads"


def test_the_trial_sees_a_change_that_is_not_refused(tmp_path, monkeypatch):
    """Planted: without digests, a flipped bit of an array loads as another number."""
    always = SimpleNamespace(hexdigest=lambda: "0" * 64)
    body, text = saved("brain")
    head = json.loads(text)
    data = bytearray(body)
    data[-1] ^= 1
    monkeypatch.setattr(checkpoint.hashlib, "sha256", lambda data: always)
    changed = json.dumps(head | {"sha256": "0" * 64, "seal": "0" * 64}).encode()
    with pytest.raises(AssertionError):
        ends("brain", packed(bytes(data), changed), tmp_path, sealed_again=False)


# ---------------------------------------------------------------------------------------------- single, known cases


def refused(data: bytes, tmp_path, *words: str, kind: str = "mice") -> None:
    (tmp_path / NAME).write_bytes(data)
    with pytest.raises(CheckpointError) as caught:
        load(kind, tmp_path / NAME)
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(BODY, bytes(50_000_000))
        file.writestr(HEAD, b"{}")
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda *_: pytest.fail("it was unpacked"))
    refused(bomb.getvalue(), tmp_path, "unpacks to 50,000,002")


def test_a_member_that_is_larger_than_it_says_is_not_unpacked_to_its_end(tmp_path):
    body, head = saved("mice")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(HEAD, head)
        file.writestr(BODY, bytes(50_000_000))
    data = bomb.getvalue().replace((50_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    tracemalloc.start()
    refused(data, tmp_path, NAME)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5e6


def test_a_zip_of_a_hundred_thousand_members_is_refused_unread(tmp_path, monkeypatch):
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as file:
        for i in range(70_000):
            file.writestr(f"{i}", b"")
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("its members were listed"))
    refused(many.getvalue(), tmp_path, "too many members")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_compress_are_refused(compression, tmp_path):
    refused(packed(*saved("mice"), compression), tmp_path, "compressed in a way not used")


def test_a_file_that_was_compressed_again_loads(tmp_path):
    assert ends("mice", packed(*saved("mice"), zipfile.ZIP_DEFLATED), tmp_path, sealed_again=False) == "loads"


def test_other_members_and_members_twice_are_refused(tmp_path):
    for name, word in ((HEAD, "two members"), ("../x", "expected")):
        file = io.BytesIO(packed(*saved("mice")))
        with warnings.catch_warnings(), zipfile.ZipFile(file, "a") as more:
            warnings.simplefilter("ignore")
            more.writestr(name, "x")
        refused(file.getvalue(), tmp_path, word)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 50_000, "[" * 900 + "]" * 900, '{"a": 1, "a": 2}', "1" * 5000]
)
def test_heads_that_are_no_plain_json_are_refused(text, tmp_path):
    refused(packed(saved("mice")[0], text.encode()), tmp_path, "JSON is damaged")


def test_pipes_and_devices_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.zip")
    os.mkfifo(tmp_path / "pipe.safetensors")
    (tmp_path / "device.zip").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe.zip", tmp_path / "device.zip"):
        with pytest.raises(CheckpointError, match="not a plain file"):
            BGLoop.load(path)
    with pytest.raises(CheckpointError, match="not a plain file"):
        checkpoint.load(tmp_path / "pipe.safetensors")


def test_every_bit_of_a_head_is_sealed():
    """Of 400 single-bit flips in a head each is refused, or the head reads as it did."""
    body, text = saved("mice")
    rng, own = np.random.default_rng(0), checkpoint.decode(*saved("mice"), "it")[1]
    for place, bit in zip(rng.integers(0, len(text), 400), rng.integers(0, 8, 400), strict=True):
        changed = bytearray(text)
        changed[place] ^= 1 << bit
        try:
            assert checkpoint.decode(body, bytes(changed), "it")[1] == own
        except CheckpointError:
            pass


def test_depth_is_counted_without_recursion():
    assert archive.read_json(b"[" * 10 + b"]" * 10)
    with pytest.raises(ValueError, match="nested"):
        archive.read_json(b"[" * 40 + b"]" * 40)
