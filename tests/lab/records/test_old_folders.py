"""Run folders of before dopamine blocks were interventions: their groups, trials and published results are read as today's."""

import json
from pathlib import Path

import pandas as pd
import pytest

from reachenv.lab.design.catalogue import DESIGNS
from reachenv.lab.design.design import Design
from reachenv.lab.design.group import Group, intervention_label
from reachenv.lab.design.make import make_design
from reachenv.lab.design.old_groups import merged_label, role_of
from reachenv.lab.records.recording import read_trials, with_one_intervention_column

RESULTS = Path(__file__).parents[3] / "docs" / "results"


def test_a_group_with_blocks_a_preset_and_changes():
    old = {
        "name": "x",
        "blocks": [
            {"target": "m1", "sessions": [2, 4], "depth": 1.0},
            {"target": "both", "sessions": [3, 3], "depth": 0.9},
        ],
        "litter": 1,
        "ablation": "",
        "interventions": ["gpi:1/2-3"],
        "changes": [
            {
                "sessions": [1, 1],
                "trials": None,
                "plate_shift_mm": [0.0, 1.0, 0.0],
                "command_rotation_deg": 0.0,
                "force_field": 0.0,
            }
        ],
        "preset": "aged",
    }
    group = Group.from_json(old)
    assert [str(i) for i in group.interventions] == ["m1:2-4", "both:3x0.1", "gpi:1/2-3"]
    assert (group.litter, group.variant, group.role) == (1, "aged", "treated")
    assert group.perturbations[0].plate_shift_mm == (0.0, 1.0, 0.0)
    assert Group.from_json(json.loads(json.dumps(group.to_json()))) == group


def test_groups_of_before_there_were_interventions_are_read():
    assert Group.from_json({"name": "control", "blocks": [], "litter": 0}) == make_design("single").groups[0]


@pytest.mark.parametrize("name", DESIGNS)
def test_roles_inferred_from_old_names_are_those_of_the_designs(name):
    groups = DESIGNS[name].groups(9, 40)
    assert [role_of(g.name) for g in groups] == [g.role for g in groups]


@pytest.mark.parametrize("path", sorted(RESULTS.rglob("config.json")), ids=lambda p: p.parent.name)
def test_published_configs_are_read_and_written_anew(path):
    data = json.loads(path.read_text(encoding="utf-8"))["design"]
    design = Design.from_json(data)
    assert Design.from_json(json.loads(json.dumps(design.to_json()))) == design
    kept = {group["name"]: len(group["blocks"]) + len(group["interventions"]) for group in data["groups"]}
    assert {g.name: len(g.interventions) for g in design.groups} == kept


@pytest.mark.parametrize("path", sorted(RESULTS.rglob("trials.parquet")), ids=lambda p: p.parent.name)
def test_published_trials_get_the_column_that_their_groups_would_get_today(path):
    design = Design.from_json(json.loads((path.parent / "config.json").read_text(encoding="utf-8"))["design"])
    table = with_one_intervention_column(pd.read_parquet(path))
    assert "block" not in table and (table["intervention"] != "").any() == any(g.interventions for g in design.groups)
    rows = table[["group", "session", "trial", "intervention"]].drop_duplicates()
    for group, session, trial, label in rows.itertuples(index=False):
        assert label == intervention_label(design.group(group), session, trial)


@pytest.mark.parametrize(
    ("block", "intervention", "label"),
    [
        ("", "", ""),
        ("m1", "", "m1x0"),
        ("m1@0.5", "", "m1x0.5"),
        ("m1@0.25+striatum", "gpix0", "m1x0.75+striatumx0+gpix0"),
        ("", "m1x1", "m1x1"),
    ],
)
def test_two_old_columns_are_one_label(block, intervention, label):
    assert merged_label(block, intervention) == label


def test_session_files_with_a_block_column_are_read(here):
    run, design = here(groups=("control", "m1-block"))
    today = read_trials(run)
    for subject in design.subjects():
        for session in range(1, design.sessions + 1):
            path = run.session_files(subject, session).trials
            table = pd.read_parquet(path)
            place = table.columns.get_loc("intervention")
            table.insert(place, "block", table["intervention"].str.removesuffix("x0"))
            table.drop(columns="intervention").to_parquet(path, index=False)
    assert read_trials(run).equals(today)
