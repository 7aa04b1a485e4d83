"""Layer 2-3 by itself: assemblies that hold, hand over in order, and come back to rest, in every mouse."""

import numpy as np
from brain_world import live, slices

from reachenv.agents.brain.cortex import PHASES, CortexParams, grow, handover
from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.regions import layer23

MICE = list(range(100, 116))


def phases(rates: np.ndarray, loop: Loop, i: int) -> list[str]:
    """The phases that a mouse went through, from its layer 2-3 rates (steps, N)."""
    pattern, rate = loop.birth["pattern"][i].numpy(), loop.birth["rate"][i].numpy()
    now = (rates @ np.linalg.pinv(pattern * rate[:, None]).T).argmax(1)
    return [PHASES[p] for p in now[np.r_[True, np.diff(now) != 0]]]


def test_every_mouse_goes_through_the_act_in_order():
    loop = Loop(slices(), 5, MICE)
    rates = live(loop, MICE, steps=240, reward_at=None)["m1_l23"][0][..., : CortexParams().units]
    for i in range(len(MICE)):
        assert phases(rates[:, i], loop, i) == [*PHASES, "hold"], MICE[i]


def test_the_act_lasts_as_long_as_a_mouse_takes():
    loop = Loop(slices(), 5, MICE[:4])
    rates = live(loop, MICE[:4], steps=240, reward_at=None)["m1_l23"][0][..., : CortexParams().units]
    for i in range(4):
        pattern, rate = loop.birth["pattern"][i].numpy(), loop.birth["rate"][i].numpy()
        now = (rates[:, i] @ np.linalg.pinv(pattern * rate[:, None]).T).argmax(1)
        lift, close = (int(np.argmax(now == PHASES.index(p))) for p in ("lift", "close"))
        assert 10 <= close - lift <= 40  # .1 to .4 s: reaches of mice last 90 to 300 ms


def test_handover_by_hand():
    """B (1 - exp(-(T - tau) / tau_slow)) = threshold, and nothing leaves the waiting phase by itself."""
    p = CortexParams(tau=0.01, tau_slow=0.1, threshold=1.0, durations=(0.0, 0.11, *([0.2] * (len(PHASES) - 2))))
    out = handover(p)
    assert out[0] == 0
    assert np.isclose(out[1], 1 / (1 - np.exp(-1)))


def test_the_decoder_reads_assemblies_and_not_their_sum():
    born = grow(CortexParams(), slices(), np.random.default_rng(3))
    alone = born.decode @ (born.pattern * born.rate[:, None])
    assert np.allclose(alone, np.eye(len(PHASES)), atol=1e-5)
    assert np.allclose(born.decode @ born.rate, 0, atol=1e-5)


def test_touch_reaches_the_closing_hand():
    born = grow(CortexParams(sense_gain=0.0), slices(), np.random.default_rng(3))
    part = slices()["touch"]
    column = born.weights[:, 128 + part.start]
    assert np.array_equal(column > 0, born.pattern[:, PHASES.index("close")] > 0)


def test_rates_below_the_least_that_counts_change_no_command_and_no_synapse(monkeypatch):
    """They only cost time, which the cut saves: without it, cells that were active once end up in the smallest of numbers."""

    def life() -> tuple[dict, list, float]:
        loop = Loop(slices(), 5, MICE[:2])
        loop.begin_session(1)
        out = live(loop, MICE[:2], trials=2, steps=400)
        rates = out["m1_l23"]
        return out, [loop.state(i) for i in range(2)], float(((rates > 0) & (rates < 1e-37)).mean())

    cut, minds, none = life()
    monkeypatch.setattr(layer23, "SILENT", 0.0)
    plain, others, some = life()
    assert none == 0 and some > 0.01
    assert np.array_equal(cut["command"], plain["command"])
    for mind, other in zip(minds, others, strict=True):
        assert all(np.array_equal(mind[name], other[name]) for name in mind)
