"""What interventions do to the loop: what they name and nothing else, when they say, and nothing where they do nothing."""

from dataclasses import replace

import numpy as np
import pytest
from brain_world import live, slices

from reachenv.agents.brain.circuit import Circuit
from reachenv.agents.brain.effects import Effects
from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.wiring import POPULATION_TABLE, mouse_loop
from reachenv.agents.interventions import parse

MICE = [11, 12]
TONE = 30  # step at which the tone of brain_world begins


def lived(*texts, mice=MICE, session=1, each=None, **options):
    """Run trials with these interventions in every mouse (or those of `each` mouse): (loop, what was recorded)."""
    interventions = each or [[parse(t) for t in texts]] * len(mice)
    loop = Loop(slices(), 5, mice, params=options.pop("params", LoopParams()))
    loop.resume_session(session, interventions)
    return loop, live(loop, mice, **options)


def phases(loop, out):
    """When the act was where: the phase that layer 2-3 shows most of, (steps, B)."""
    seen = loop.birth["pattern"].numpy() * loop.birth["rate"].numpy()[:, :, None]
    return np.einsum("bpn,tbn->tbp", np.linalg.pinv(seen), out["m1_l23"][0][..., : seen.shape[1]]).argmax(-1)


@pytest.fixture(scope="module")
def usual():
    return lived(trials=2, steps=150)


@pytest.mark.parametrize(
    "text", ["gpix1", "loop:1x1", "striatum:1~sham", "snc:1@0", "gpi:2", "gpi:1/3-9", "gpi:1/2.0-3.0s"]
)
def test_what_does_nothing_changes_no_bit(usual, text):
    text = text.replace("gpix1", "gpi:1x1")
    loop, out = lived(text, trials=2, steps=150)
    for name, value in usual[1].items():
        assert np.array_equal(out[name], value), name
    assert all(np.array_equal(loop.state(1)[k], v) for k, v in usual[0].state(1).items())


def test_a_treated_mouse_changes_no_bit_of_its_neighbour(usual):
    treated = [parse(t) for t in ("gpi:1/0.5-0.8s", "snc:1@0.5", "d1:1~theta-burst", "m1_l23:1x0.9", "m1:1/0.2-0.4s")]
    loop, out = lived(each=[treated, []], trials=2, steps=150)
    for name, value in usual[1].items():
        assert np.array_equal(out[name][:, :, 1], value[:, :, 1]), name
        if name not in ("vta", "value", "rpe"):
            assert not np.array_equal(out[name][:, :, 0], value[:, :, 0]), name
    assert all(np.array_equal(loop.state(1)[k], v) for k, v in usual[0].state(1).items())


def test_what_is_done_to_a_mouse_does_not_depend_on_its_company():
    treated = [parse("stn:1x0.5"), parse("d1:1~high-frequency")]
    _, pair = lived(each=[[], treated])
    _, alone = lived(each=[treated], mice=MICE[1:])
    for name in pair:
        assert np.array_equal(pair[name][:, :, 1], alone[name][:, :, 0]), name


def test_trials_and_seconds_are_kept_to(usual):
    _, out = lived("thalamus:1/2", trials=2, steps=150)
    assert np.array_equal(out["command"][0], usual[1]["command"][0])
    assert not np.array_equal(out["command"][1], usual[1]["command"][1])
    _, out = lived("thalamus:1/0.6-0.8s", trials=1, steps=150)
    assert np.array_equal(out["command"][0, :60], usual[1]["command"][0, :60])
    assert not np.array_equal(out["command"][0, 60:80], usual[1]["command"][0, 60:80])


def test_dopamine_of_a_part_of_the_trial():
    loop, out = lived("m1:1/0.5-0.9s", trials=1)
    arrived = out["dopamine_m1"][0]
    assert not arrived[50:90].any() and np.array_equal(arrived[90:], out["vta"][0, 90:])
    assert np.array_equal(out["dopamine_striatum"], out["vta"])
    assert (0 < loop.memory["day_dopamine"]).all()


def silent(name, text):
    loop, _ = lived(text, steps=60)
    return loop.taps()[name]


@pytest.mark.parametrize("nucleus", ["stn", "gpe", "gpi", "thalamus"])
def test_a_silenced_nucleus_is_silent(nucleus):
    assert silent(nucleus, f"{nucleus}:1").max() < 1e-6 < silent(nucleus, f"{nucleus}:2").max()


def test_without_bg_output_opponents_cancel_and_the_act_still_begins():
    """GPi inactivated, learned movements go on (Desmurget & Turner 2010; Piron 2016); thalamus leans no more."""
    loop, out = lived("gpi:1", steps=200)
    act = phases(loop, out)
    for mouse in range(len(MICE)):
        assert {0, 1, 2, 3, 4} <= set(act[TONE:, mouse])
        assert not act[:TONE, mouse].any()  # not before the tone
    thalamus = loop.taps()["thalamus"].reshape(len(MICE), -1, 2)
    assert np.allclose(thalamus[..., 0], thalamus[..., 1], atol=1e-6)  # it pushes nowhere


def test_the_relay_is_what_starts_it_and_a_whole_loop_never_uses_it():
    shut = replace(LoopParams(), ganglia=replace(LoopParams().ganglia, relay_gain=0.0))
    loop, out = lived("gpi:1", steps=200, params=shut)
    assert not phases(loop, out).any()
    for name, value in lived(steps=200, params=shut)[1].items():
        assert np.array_equal(value, lived(steps=200)[1][name]), name


def test_stimulation_reaches_its_cells_at_its_times():
    circuit = Circuit(POPULATION_TABLE, mouse_loop(0.33), 5.0)
    effects = Effects(
        [[parse("striatum:1~theta-burst=0.03")], []], circuit, np.zeros((len(circuit.names), 2, 1, 2), np.float32)
    )
    on, off = effects.stimulus(20.0), effects.stimulus(25.0)
    rows = [circuit.names.index(n) for n in ("d1", "d2")]
    assert on[rows, 0].flatten().tolist() == pytest.approx([0.03, 0.03]) and not on[:, 1].any() and not off.any()
    assert float(on.sum()) == pytest.approx(0.06)


def vigour(*losses):
    circuit = Circuit(POPULATION_TABLE, mouse_loop(0.33), 5.0)
    planned = np.zeros((len(circuit.names), len(losses), 1, 2), np.float32)
    planned[circuit.names.index("it")] = LoopParams().ganglia.plan_drive
    return Effects([[parse(f"snc:1@{loss}")] for loss in losses], circuit, planned).vigour[:, 0].tolist()


def test_vigour_falls_with_the_cells_that_are_lost():
    falling = vigour(0.0, 0.3, 0.6, 0.9)
    assert falling[0] == 1 and all(a > b for a, b in zip(falling, falling[1:], strict=False)) and falling[3] < 0.9


def test_depletion_slows_and_shrinks_the_act_and_weakens_striatal_learning():
    whole, depleted = lived(steps=200), lived("snc:1@0.9", steps=200)
    ends = [[np.flatnonzero(phases(*one)[:, m] == 4)[0] for m in range(len(MICE))] for one in (whole, depleted)]
    assert np.mean(ends[1]) > np.mean(ends[0])
    size = [np.ptp(one[1]["command"][0, :, :, :3], axis=0).sum(-1) for one in (whole, depleted)]
    assert (size[1] < 0.95 * size[0]).all()
    assert np.allclose(depleted[1]["dopamine_striatum"], 0.1 * depleted[1]["vta"], atol=1e-6)
    assert np.array_equal(depleted[1]["dopamine_m1"], depleted[1]["vta"])
    rest = LoopParams().ganglia.striatal_weight
    learned = [np.abs(one[0].memory["d1"].numpy() - rest).mean() for one in (whole, depleted)]
    assert learned[1] < 0.5 * learned[0]


def test_d1_cells_have_two_names():
    one, two = (lived(f"{name}:1x0.5", trials=1, steps=60)[1] for name in ("d1", "striatum_d1"))
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_dopamine_scaled_all_trial_long_is_no_effect_and_can_be_of_some_trials(usual):
    loop, out = lived("m1:1/2x0.5", trials=2, steps=150)
    assert loop._effects is None
    for name, factors in (("dopamine_m1", (1.0, 0.5)), ("dopamine_striatum", (1.0, 1.0))):
        for trial, factor in enumerate(factors):
            assert np.array_equal(out[name][trial], np.float32(factor) * out["vta"][trial]), name
    assert np.array_equal(out["command"][0], usual[1]["command"][0])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("amygdala:1", "cannot carry out 'amygdala:1'; it can scale m1_l23.*gpi.*m1, striatum, both.*thalamus>it"),
        ("it>gpi:1", "cannot carry out 'it>gpi:1'.*it>d1"),
        ("m1_l23:1~theta-burst", "cannot carry out 'm1_l23:1~theta-burst=0.02'.*stimulate it, striatum_d1"),
        ("m1:1~constant", "cannot carry out 'm1:1~constant=0.02'"),
    ],
)
def test_what_the_loop_cannot_do_is_refused_with_what_it_can(text, says):
    with pytest.raises(ValueError, match=says):
        lived(text)


def test_a_fork_takes_along_what_is_done():
    loop = Loop(slices(), 5, MICE)
    loop.resume_session(1, [[parse("gpi:1")], []])
    loop.begin_trial([1, 2])
    twin = loop.fork([1, 0, 0])
    obs, reward = np.zeros((3, max(s.stop for s in slices().values())), np.float32), np.zeros(3, np.float32)
    for _ in range(30):
        twin.step(obs, reward)
    gpi = twin.taps()["gpi"]
    assert gpi[0].max() > 0.1 and gpi[1:].max() < 1e-6
