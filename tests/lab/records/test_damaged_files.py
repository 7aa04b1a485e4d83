"""A flipped bit in any file of a run is refused in a sentence that names the file, or reads as the very same numbers.

`pytest -s -m long tests/lab/records/test_damaged_files.py` flips thousands in every kind of file and prints how they ended.
"""

import hashlib
import shutil

import numpy as np
import pandas as pd
import pytest
from small_runs import finish_here, make_run
from stub import STUB

from reachenv.agents.checkpoint import CheckpointError
from reachenv.lab.analysis.results import inputs_of, read_result, write_result
from reachenv.lab.design.design import Subject
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import open_run
from reachenv.lab.records.recording import read_recording, read_session_trials, read_trials
from reachenv.lab.records.table import KEY, START, read_table, sealed, write_table
from reachenv.lab.runner.brains import read_brain

SESSION = 2


def whole(run):
    """(subject, a file of each kind: name → (path, how it is read))."""
    subject = run.design().subjects()[1]
    files = run.session_files(subject, SESSION)
    result = run.path / "analysis" / "planted" / f"{subject.group.name}-m{subject.mouse:02d}"
    return subject, {
        "trials of a session": (files.trials, lambda: read_session_trials(run, subject, SESSION)),
        "recording": (files.recording, lambda: read_recording(run, subject, SESSION)),
        "brain": (files.brain, lambda: read_brain(run, subject, SESSION)),
        "head of a brain": (files.brain.with_suffix(".json"), lambda: read_brain(run, subject, SESSION)),
        "trials of a run": (run.path / "trials.parquet", lambda: named(run.path / "trials.parquet")),
        "tests of a baseline": (run.path / "evaluation.parquet", lambda: named(run.path / "evaluation.parquet")),
        "result's arrays": (result.with_suffix(".npz"), lambda: found(run, subject)),
        "result's table": (result.with_suffix(".course.parquet"), lambda: found(run, subject)),
        "design": (run.path / "config.json", lambda: open_run(run.path).design()),
    }


def named(path):
    try:
        return read_table(path)
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}).") from None


def found(run, subject):
    result = read_result(run, "planted", subject)
    assert inputs_of(run, "planted", subject) in ("fingerprint", None)  # a None is computed again
    return result


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run, design = make_run(tmp_path_factory.mktemp("whole") / "run", trials=20, seed=7)
    finish_here(run, design, STUB)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"time": np.arange(50.0), "share": rng.random(50), "name": ["a", "b"] * 25})
    for subject in design.subjects():
        arrays = {"weights": rng.random((20, 6)), "n": np.array(3)}
        write_result(run, "planted", subject, {**arrays, "course": table}, "fingerprint")
    write_table(run.path / "evaluation.parquet", pd.DataFrame({"steps": [1, 2], "success": [True, False]}))
    return run


def digest(value) -> str:
    """Of all numbers, names and types that were read."""
    digest = hashlib.sha256()

    def take(value):
        if isinstance(value, pd.DataFrame):
            digest.update(str(value.dtypes.to_dict()).encode())
            digest.update(value.to_json(double_precision=15).encode())
            for column in value.select_dtypes("number"):
                digest.update(value[column].to_numpy().tobytes())
        elif isinstance(value, dict):
            for name in sorted(value):
                digest.update(name.encode())
                take(value[name])
        elif isinstance(value, np.ndarray):
            digest.update(f"{value.dtype} {value.shape}".encode() + value.tobytes())
        else:
            digest.update(repr(value).encode())

    take(value)
    return digest.hexdigest()


def flipped(run, kind: str, times: int, seed: int = 0) -> tuple[int, int]:
    """Flip single bits of a kind of file; returns how often it was refused, and how often it read as the same numbers."""
    _, kinds = whole(run)
    path, read = kinds[kind]
    content, own = path.read_bytes(), digest(read())
    rng, refused = np.random.default_rng([seed, sum(kind.encode())]), 0
    try:
        for place, bit in zip(rng.integers(0, len(content), times), rng.integers(0, 8, times), strict=True):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            path.write_bytes(changed)
            try:
                assert digest(read()) == own, f"bit {bit} of byte {place} of the {kind} reads as other numbers"
            except (UserError, CheckpointError) as error:
                text = str(error)
                about = path.parent.name if kind == "design" else path.stem.partition(".")[0]
                assert about in text and "\n" not in text and len(text) < 500, text
                refused += 1
    finally:
        path.write_bytes(content)
    return refused, times - refused


KINDS = (
    "trials of a session", "recording", "brain", "head of a brain", "trials of a run", "tests of a baseline",
    "result's arrays", "result's table", "design",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_is_refused_or_changes_no_number(run, kind):
    refused, same = flipped(run, kind, 60)
    assert refused + same == 60 and refused > 5


@pytest.mark.long
def test_thousands_of_flipped_bits(run):
    for kind in KINDS:
        refused, same = flipped(run, kind, 2000, seed=1)
        print(f"{kind:20} {refused + same:5} flipped  {refused:5} refused  {same:5} the same numbers")


def test_without_its_digest_a_table_reads_as_other_numbers(run):
    """Planted: what the digest is for."""
    subject, _ = whole(run)
    path = run.session_files(subject, SESSION).trials
    content, own, other = path.read_bytes(), digest(read_session_trials(run, subject, SESSION)), 0
    unsealed = content.replace(KEY, KEY[::-1]).replace(START, START[::-1])
    rng = np.random.default_rng(3)
    try:
        for place, bit in zip(rng.integers(0, len(content), 400), rng.integers(0, 8, 400), strict=True):
            changed = bytearray(unsealed)
            changed[place] ^= 1 << bit
            path.write_bytes(changed)
            try:
                other += digest(read_session_trials(run, subject, SESSION)) != own
            except UserError:
                pass
    finally:
        path.write_bytes(content)
    assert other > 0


def test_every_file_that_is_cut_short_or_empty_is_refused(run):
    _, kinds = whole(run)
    for path, read in kinds.values():
        content = path.read_bytes()
        try:
            for kept in (0, 1, len(content) // 2, len(content) - 1 if path.suffix != ".json" else 40):
                path.write_bytes(content[:kept])
                with pytest.raises((UserError, CheckpointError)):
                    read()
        finally:
            path.write_bytes(content)


def test_files_in_the_place_of_others_are_refused(run, tmp_path):
    """A session's trials and brain say whose they are."""
    shutil.copytree(run.path, tmp_path / "run")
    other = open_run(tmp_path / "run")
    subject, _ = whole(other)
    one, two = other.session_files(subject, 1), other.session_files(subject, 2)
    shutil.copyfile(one.trials, two.trials)
    for suffix in (".safetensors", ".json"):
        shutil.copyfile(one.brain.with_suffix(suffix), two.brain.with_suffix(suffix))
    with pytest.raises(UserError, match=r"session-02\.parquet is damaged \(it is of session 1\)"):
        read_session_trials(other, subject, 2)
    with pytest.raises(CheckpointError, match="after session 1; expected"):
        read_brain(other, subject, 2)


def test_tables_of_before_are_read_without_a_digest(run, tmp_path):
    table = read_session_trials(run, *(whole(run)[0], SESSION))
    table.to_parquet(tmp_path / "old.parquet", index=False)
    assert read_table(tmp_path / "old.parquet").equals(table)
    assert sealed(table) == sealed(table.copy())  # and today's have the same bytes for the same rows


def test_other_programs_read_our_tables(run):
    subject, _ = whole(run)
    path = run.session_files(subject, SESSION).trials
    assert pd.read_parquet(path).equals(read_session_trials(run, subject, SESSION))


def test_a_table_that_says_it_has_more_rows_than_memory_is_refused_unread(tmp_path, monkeypatch):
    from reachenv.lab.records import table

    write_table(tmp_path / "many.parquet", pd.DataFrame({"x": np.zeros(1000)}))
    monkeypatch.setattr(table, "MOST_CELLS", 999)
    monkeypatch.setattr(pd, "read_parquet", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(ValueError, match="1,000 rows are more"):
        read_table(tmp_path / "many.parquet")


def test_a_recording_that_unpacks_to_more_than_memory_is_refused(run, tmp_path, monkeypatch):
    from reachenv.lab.records import recording

    monkeypatch.setattr(recording, "MOST_BYTES", 1000)
    subject = Subject(run.design().groups[0], 1)
    with pytest.raises(UserError, match=r"session-01\.npz is damaged .* unpacks to .*1,000 is the most"):
        read_recording(run, subject, 1)
    assert len(read_trials(run))
