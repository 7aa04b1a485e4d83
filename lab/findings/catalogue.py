"""Every published finding that a run can be judged by: what was found, where, when it counts as reproduced, who judges.

The unit of statistics is the animal. A rule says what was published or asked for first; in brackets, what we chose to judge it by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reachenv.lab.findings import babbling, behaviour, dopamine, loop, network, outcome, striatum
from reachenv.lab.findings.verdict import Evidence, Judged


@dataclass(frozen=True)
class Finding:
    """One row. rule: reproduced when. judge: evidence → verdict. probed: from a probe of the model, which all its runs cite alike."""

    id: str
    text: str
    source: str
    rule: str
    judge: Callable[[Evidence], Judged]
    probed: bool = False


GHANAYIM = "Ghanayim et al. 2025, doi 10.1038/s41467-024-55317-4"
LEBLOIS = "Leblois et al. 2025, doi 10.1073/pnas.2515994122"
LEBLOIS_2006 = "Leblois et al. 2006"
PIRON = "Piron et al. 2016"
CLASSICAL = "Schultz, Dayan & Montague 1997"
WESSEL = "Wessel et al. 2023"


FINDINGS = (
    Finding("B1", "learning: success nearly doubles over seven sessions", GHANAYIM,
            "session 1 between .20 and .40; session 7 / session 1 between 1.5 and 2.6, 95 % bootstrap interval over mice above 1.3",
            behaviour.learning),
    Finding("B2", "M1 dopamine block in sessions 2–4: barely any improvement", GHANAYIM,
            "gain from session 1 to 4 in blocked mice under a quarter of controls'; group difference in gain, permutation p < .01",
            behaviour.block),
    Finding("B3", "after the block: catches up, several extra sessions", GHANAYIM,
            "blocked mice reach controls' session-7 mean, at least 2 sessions later; until then below "
            "[in session 7, p < .05]",
            behaviour.catching_up),
    Finding("B4", "block in experts: performance does not suffer", GHANAYIM,
            "difference block − no block within ±.05, two one-sided tests p < .05, "
            "and execution bit-identical when plasticity is also off in both [here: first trial under block, before anything "
            "could be learned; whole trials in a test that the row cites]",
            behaviour.experts),
    Finding("B5", "sham (drug without receptor): as control", GHANAYIM,
            "equivalence to control within ±.05 at session 7 [and, being twins, every trial identical]",
            behaviour.sham),
    Finding("N1", "average activity stays stable", GHANAYIM,
            "session 7 within ±10 % of session 1, equivalence p < .05, in both groups", network.activity),
    Finding("N2", "average functional connectivity stays stable", GHANAYIM,
            "mean pairwise correlation likewise, within ±.05", network.connectivity),
    Finding("N3", "activity kinetics move to expert, frozen under block", GHANAYIM,
            "out-of-fold expert level rises over sessions 2–6 (Spearman over sessions, per mouse, p < .01 over mice); "
            "blocked 2–4 flat [rise from session 2 to 4 under half of controls', twins differ, p < .05]", network.kinetics),
    Finding("N4", "correlation configuration moves to expert, frozen under block", GHANAYIM,
            "centroid distance to session 7 falls monotonically; the step taken in sessions 2–4 under block "
            "under half of controls' [every step of the mean; Spearman over sessions, p < .01 over mice; twins differ, p < .05]",
            network.configuration),
    Finding("N5", "diffusion map orders the sessions", GHANAYIM,
            "first coordinate against session, |Spearman| > .8 in most controls", network.ordering),
    Finding("N6", "per-neuron connectivity strength moves to expert", GHANAYIM,
            "correlation of each session's strengths with session 7's rises [Spearman over sessions, p < .01 over mice]; "
            "blocked flat in 2–4 [as in N3]", network.strengths),
    Finding("N7", "tone gives way to outcome", GHANAYIM,
            "GLM contribution of tone falls, of outcome rises, session 1 against 7; not under block [p < .01 over mice; "
            "under block a change from session 1 to 4 under half of controls', twins differ, p < .05; both also with equal "
            "numbers of successes and failures]", outcome.tone_to_outcome),
    Finding("N8", "indicative neurons emerge with learning, need dopamine", GHANAYIM,
            "fraction above the shuffled fraction grows from session 1 to 7; under block it does not; a minority of cells "
            "[as in N7; cells indicative in two windows in a row at p < .01; a minority is under one half]",
            outcome.indicative_neurons),
    Finding("L1", "adaptation to a shifted world needs strong loops", LEBLOIS,
            "adaptation against loop gain has a threshold: none below, at least 80 % above", loop.threshold),
    Finding("L2", "after-effect and washout", LEBLOIS,
            "the first trials after the shift is removed err the other way; washed out within a session", loop.after_effect),
    Finding("L3", "experts run without BG output", LEBLOIS,
            "GPi/thalamic drive silenced in experts: at least 90 % of performance stays", loop.experts),
    Finding("L4", "learners do not", LEBLOIS,
            "the same in mice that adapt: what was gained in the session is lost at once", loop.learners),
    Finding("L5", "attractor dynamics", LEBLOIS_2006,
            "plan activity outlasts the cue; more than one stable state; the Leblois 2006 regimes by striatal gain",
            loop.attractors, probed=True),
    Finding("L6", "motor babbling", LEBLOIS,
            "a blank mouse's reaches scatter widely and narrow with experience before reward learning refines them",
            babbling.babbling, probed=True),
    Finding("L7", "covert learning", PIRON,
            "BG output blocked in training leaves savings (.67 against .46 at the start of the next day); "
            "M1 dopamine block leaves none or little",
            loop.covert),
    Finding("D1", "prediction error", CLASSICAL,
            "phasic release at unexpected reward, at the tone once learned, dip when a predicted reward fails",
            dopamine.prediction_error),
    Finding("D2", "block is local", CLASSICAL,
            "VTA cells fire the same with and without the M1 block; striatal dopamine unchanged",
            dopamine.local_block),
    Finding("D3", "striatal depletion", CLASSICAL,
            "nigro-striatal loss slows and shrinks reaches (vigour) and impairs learning; M1 block does not slow them",
            striatum.depletion),
    Finding("D4", "striatal stimulation", WESSEL,
            "theta-burst drive of striatum in training raises learning, most in an 'aged' low-plasticity preset",
            striatum.stimulation),
)  # fmt: skip
