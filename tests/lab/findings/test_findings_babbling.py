"""L6: reaches that narrow with babbling are found; shuffled or skilful ones are not. The shipped file is what mice do."""

import json
from pathlib import Path

import numpy as np
import pytest

from reachenv.lab.design.make import make_design
from reachenv.lab.findings.babbling import babbling
from reachenv.lab.findings.verdict import FAILED, REPRODUCED, UNDECIDED, Evidence
from reachenv.lab.probes.babbling import FORMAT, LEVELS, misses
from reachenv.lab.records import provenance
from reachenv.lab.records.recording import trial_table


def judged(miss):
    told = {"babbles": LEVELS, "miss_mm": np.asarray(miss).tolist()}
    return babbling(Evidence(make_design(), trial_table([]), babbling=told))


def planted(mice=12, start=8.0):
    rng = np.random.default_rng(0)
    return start / np.array(LEVELS) * np.exp(0.3 * rng.standard_normal((mice, len(LEVELS))))


def test_narrowing_is_found():
    found = judged(planted())
    assert found.verdict == REPRODUCED and found.n == 12 and len(found.parts) == 2


@pytest.mark.parametrize(
    "removed",
    [
        np.random.default_rng(1).permuted(planted(), axis=1),  # misses dealt out over experience
        np.full((12, len(LEVELS)), 8.0) + np.random.default_rng(2).normal(size=(12, len(LEVELS))),  # nothing learned
        planted(start=0.5),  # skilful from the first
        planted()[:, ::-1],  # worse and worse
    ],
    ids=["shuffled", "frozen", "skilful", "worse"],
)
def test_it_is_not_found_where_it_is_not(removed):
    assert judged(removed).verdict == FAILED


def test_few_mice_or_none_are_not_judged():
    assert judged(planted(mice=7)).verdict == UNDECIDED
    assert "reachenv babbling" in babbling(Evidence(make_design(), trial_table([]))).note


def test_the_shipped_file_is_of_this_version_and_goes_into_every_run():
    shipped = provenance.shipped_brain()
    told = provenance.probes(shipped)["babbling"]
    assert told["format"] == FORMAT and tuple(told["babbles"]) == LEVELS and len(told["miss_mm"]) >= 12
    assert judged(told["miss_mm"]).verdict == REPRODUCED
    assert provenance.probes(shipped | {"digest": "another"})["babbling"] is None


@pytest.mark.long
def test_the_shipped_file_is_what_one_command_makes_from_nothing():
    shipped = json.loads((Path(__file__).parents[3] / "assets" / "babbling.json").read_text())
    np.testing.assert_allclose(misses(len(shipped["miss_mm"])), shipped["miss_mm"], atol=1e-3)
