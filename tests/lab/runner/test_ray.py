"""A run on a Ray cluster: the same bits as without, and a lost worker costs time alone."""

import contextlib
import ipaddress
import itertools
import os
import signal
import socket
from pathlib import Path

import pytest
import stub
from small_runs import assert_same

from reachenv.lab.commands import plan
from reachenv.lab.commands.main import call
from reachenv.lab.errors import UserError
from reachenv.lab.records.folder import Run
from reachenv.lab.runner import ray_cluster as ray_run
from reachenv.lab.runner.brains import BRAINS, Parts, parts_for
from reachenv.lab.runner.local import Failed, SessionDone, TrialDone

REAL = parts_for("bg_loop")
ROOT = Path(__file__).parents[3]


def make_once_dying_world(design, subjects):
    """The real world; in the midst of its second trial it takes its process with it, once."""
    world, steps = REAL.make_world(design, subjects), itertools.count(1)
    usual = world.step

    def step(action):
        if next(steps) == 500:
            _die_once()
        return usual(action)

    world.step = step
    return world


def _die_once():
    """A file that another process finds says that one died."""
    try:
        Path(os.environ["WORLD_DIED"]).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def listening(program: str) -> set[str]:
    """Addresses at which TCP is listened to by processes whose command names a program, and by this one. Linux."""
    places = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A":
                raw = bytes.fromhex(local.split(":")[0])
                words = b"".join(raw[k : k + 4][::-1] for k in range(0, len(raw), 4))  # each in the machine's order
                address = ipaddress.ip_address(words)
                places[rest[5]] = str(getattr(address, "ipv4_mapped", None) or address)
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = process.name == str(os.getpid()) or program.encode() in (process / "cmdline").read_bytes()
            for link in list((process / "fd").iterdir()) if ours else []:
                with contextlib.suppress(OSError):
                    found |= {places[number] for number in places if os.readlink(link) == f"socket:[{number}]"}
        except OSError:  # it has ended
            continue
    return found


def test_who_listens_is_seen():
    with socket.create_server(("127.0.0.2", 0)), socket.create_server(("::", 0), family=socket.AF_INET6):
        assert {"127.0.0.2", "::"} <= listening("no such program")


def finish(run, design, parts=stub.STUB, cores=2):
    """Carry out as on a cluster, one batch after another, in this process."""
    todo = {s: run.next_session(s) for s in design.subjects()}
    events = []
    for batch, first in ray_run.batches({s: k for s, k in todo.items() if k <= design.sessions}, cores):
        for session in range(first, design.sessions + 1):
            result = ray_run.work(ray_run._prepared(run, design, parts, batch, session))
            assert not isinstance(result, Failed), result
            ray_run._take(run, result, batch, session, events.append)
    return events


@pytest.mark.parametrize("recording", [True, False])
def test_sessions_that_travel_as_bytes_come_out_the_same(here, new_run, recording):
    whole, design = here("whole", recording=recording)
    run, _ = new_run("sent", recording=recording)
    events = finish(run, design)
    assert_same(whole, run)
    assert sum(len(e.mice) for e in events if isinstance(e, TrialDone)) == design.total_trials()
    assert sum(len(e.subjects) for e in events if isinstance(e, SessionDone)) == 2 * 2 * 3


def test_a_resumed_run_goes_on_where_each_mouse_is(here, new_run):
    whole, design = here("whole")
    run, _ = here("cut")
    for subject, session in ((design.subjects()[0], 2), (design.subjects()[2], 3)):
        for later in range(session, 4):
            run.session_files(subject, later).trials.unlink()
    finish(run, design)
    assert_same(whole, run)


def test_batches_are_of_one_session_and_one_kind_of_brain(new_run):
    _, design = new_run("other", design="ablation", groups=["control", "no-consolidation"], mice=3)
    todo = {s: 1 + (s.mouse == 3) for s in design.subjects()}
    made = ray_run.batches(todo, 2)
    assert sorted(str(s) for batch, _ in made for s in batch) == sorted(map(str, todo))
    for batch, session in made:
        assert len({s.group.variant for s in batch}) == 1 and {todo[s] for s in batch} == {session}


def test_another_version_on_a_worker_is_refused(new_run, monkeypatch):
    run, design = new_run()
    this = ray_run._prepared(run, design, stub.STUB, design.subjects(), 1)
    monkeypatch.setattr(ray_run.provenance, "versions", lambda: {**this.versions, "numpy": "1.0"})
    result = ray_run.work(this)
    assert isinstance(result, Failed) and "numpy" in result.sentence and not result.details


def test_without_the_package_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(UserError, match=r"pip install 'reachenv\[ray\]'"):
        ray_run.find_ray()


def test_ray_given_to_train_py_carries_the_run_out_on_the_cluster(tmp_path, monkeypatch):
    """A stand-in for the cluster does the sessions here; all before and after it is the command's own."""
    batches = []

    def carry_out(run, design, parts, workers, on_event):
        batches.append(workers)
        for event in finish(run, design, parts, workers or 1):
            on_event(event)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plan, "find_ray", lambda: None)
    monkeypatch.setattr(ray_run, "carry_out", carry_out)
    monkeypatch.setitem(BRAINS, "bg_loop", stub.STUB)
    small = ["--mice", "2", "--sessions", "2", "--trials", "4", "--no-film"]
    for words in (
        ["--ray", "--workers", "2", "--name", "a"],
        ["--ray", "--name", "b"],
        ["--name", "c", "--workers", "1"],
    ):
        call(["train", *small, *words])
    assert batches == [2, 0]  # 0: as many as the cluster has cores
    runs = [Run(tmp_path / "runs" / name) for name in "abc"]
    assert all(run.finished() for run in runs)
    assert_same(runs[0], runs[2])


@pytest.mark.long
def test_two_workers_of_a_local_cluster_one_killed_in_the_midst_of_a_session(here, new_run, tmp_path, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv(ray_run.ON_LOOPBACK, "0")  # it is read at the import
    pytest.importorskip("ray")
    monkeypatch.setenv("WORLD_DIED", str(tmp_path / "died"))
    found_first = [*map(str, Path(__file__).parents[:2]), str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(found_first))
    whole, design = here("whole", parts=REAL, sessions=2)
    run, _ = new_run("spread", sessions=2)
    events, heard = [], set()
    before = signal.getsignal(signal.SIGTERM)

    def on_event(event):
        events.append(event)
        heard.update(listening("ray"))

    ray_run.carry_out(run, design, Parts(make_once_dying_world, REAL.make_brain), 2, on_event)
    assert heard == {"127.0.0.1"}  # nobody else can reach it
    assert (tmp_path / "died").exists()  # one worker was lost
    assert_same(whole, run)
    assert sum(len(e.mice) for e in events if isinstance(e, TrialDone)) == design.total_trials()
    assert signal.getsignal(signal.SIGTERM) is before
