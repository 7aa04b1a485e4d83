"""`check_brain`: does a brain keep the contract? As Gymnasium's `check_env` asks of environments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from reachenv.agents.interventions import Deplete, Intervention, Scale, Stimulate, When, parse
from reachenv.agents.protocol import EFFECTS, Area, Brain, Description, MakeBrain

COLUMNS = ("rpe", "value_at_tone", "exploration", "dopamine_m1", "dopamine_striatum", "reward")
"""What `Brain.end_trial` may return."""
STEPS, TRIALS = 30, 2
METHODS = (
    "describe", "supports", "begin_session", "begin_trial", "step", "end_trial", "tap", "state", "set_state", "areas", "variants",
)  # fmt: skip


Grow = Callable[..., Brain]  # (births, variant) → brain


class BrainError(AssertionError):
    """A brain does not keep the contract; the message says in one sentence what was expected and what was found."""


def check_brain(
    make: MakeBrain,
    senses: Mapping[str, slice] | None = None,
    actions: int = 5,
    settings: Mapping[str, object] | None = None,
) -> None:
    """Try the whole contract `reachenv.agents.protocol.Brain` on brains that `make` grows, without a world.

    senses: name → where it lies in an observation; by default those of `reachenv/PelletReach-v0`. actions: length of a command.
    settings: parameters to grow them with.

    Raises:
        BrainError: the first part of the contract that is not kept.
    """
    senses = dict(senses or default_senses())
    births = [11, 12, 13]

    def grow(mice: Sequence[int], variant: str = "") -> Brain:
        return make(senses, actions, list(mice), variant=variant, settings=dict(settings or {}))

    brain = grow(births)
    for name in METHODS:
        _expect(hasattr(brain, name), f"a brain has {name!r}; this one, a {type(brain).__name__}, has not")
    _check_description(brain, grow)
    _check_areas(brain)
    _check_parameters(make, senses, actions)
    first, columns = _live(brain, births, senses, actions)
    _check_columns(columns, len(births))
    _check_taps(brain, len(births))
    _same(first, _live(grow(births), births, senses, actions)[0], "the same births and seeds give the same commands")
    alone = _live(grow(births[1:2]), births[1:2], senses, actions)[0]
    _same(first[:, 1:2], alone, "a mouse acts the same alone as in a batch")
    _check_state(brain, grow, births, senses, actions)
    for variant in brain.variants:
        other = grow(births[:1], variant)
        _expect(
            other.describe().digest != brain.describe().digest,
            f"the variant {variant!r} has a digest of its own; it has the usual one's",
        )
    _check_interventions(brain, grow, births, senses, actions)


def default_senses() -> Mapping[str, slice]:
    """Those of `reachenv/PelletReach-v0` with spinal control: name → where it lies in an observation."""
    from reachenv import senses  # the one place where a brain's check knows a world: what it senses

    return senses.slices(5)


def _live(
    brain: Brain, births: Sequence[int], senses: Mapping[str, slice], actions: int, session: int = 1, watch: bool = True,
    interventions: Sequence[Sequence[Intervention]] | None = None,
) -> tuple[np.ndarray, list[Mapping[str, np.ndarray]]]:  # fmt: skip
    """Some short trials of made-up senses, alike for every mouse of the same birth: commands (T, B, n) and what trials returned."""
    n, width = len(births), max(s.stop for s in senses.values())
    brain.begin_session(session, interventions or [()] * n)
    commands, columns = [], []
    for trial in range(TRIALS):
        seeds = [1000 * birth + trial for birth in births]
        streams = [np.random.default_rng(seed) for seed in seeds]
        brain.begin_trial(seeds)
        for step in range(STEPS):
            obs = np.stack([stream.uniform(-0.2, 0.2, width) for stream in streams]).astype(np.float32)
            obs[:, senses["tone"]] = step >= STEPS // 3
            command = brain.step(obs, np.zeros(n, np.float32))
            _expect(
                isinstance(command, np.ndarray) and command.shape == (n, actions),
                f"step returns commands ({n}, {actions}); this returned {getattr(command, 'shape', type(command).__name__)}",
            )
            _expect(
                bool(np.isfinite(command).all() and (np.abs(command) <= 1).all()), "commands are numbers within -1 to 1"
            )
            if watch and step % 7 == 0:
                for area in brain.areas:
                    if area.cells:
                        brain.tap(area.name)
            commands.append(command.copy())
        columns.append(brain.end_trial(np.ones(n, np.float32)))
    return np.array(commands), columns


def _check_description(brain: Brain, grow: Grow) -> None:
    told = brain.describe()
    _expect(isinstance(told, Description), f"describe returns a Description; this returned a {type(told).__name__}")
    _expect(bool(told.name and told.version), "a description has a name and a version")
    try:
        json.dumps([told.parameters, told.structure], allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BrainError(f"parameters and structure are plain data that JSON can hold ({error})") from None
    _expect(grow([99]).describe().digest == told.digest, "the digest is the same for every batch of the same brain")


def _check_areas(brain: Brain) -> None:
    names = [name for area in brain.areas for name in (area.name, *area.aliases)]
    twice = sorted({name for name in names if names.count(name) > 1})
    _expect(not twice, f"every area has a name of its own; {', '.join(twice)} stands for two")
    for area in brain.areas:
        _expect(isinstance(area, Area), f"areas are of the class Area; there is a {type(area).__name__}")
        unknown = [e for e in area.effects if e not in EFFECTS]
        _expect(not unknown, f"effects are {', '.join(EFFECTS)}; the area {area.name!r} has {', '.join(unknown)}")


def _check_parameters(make: MakeBrain, senses: Mapping[str, slice], actions: int) -> None:
    try:
        make(senses, actions, [1], variant="", settings={"no_such_parameter": "1"})
    except ValueError:
        return
    raise BrainError("a parameter that does not exist raises ValueError; 'no_such_parameter' was taken")


def _check_columns(columns: Sequence[Mapping[str, np.ndarray]], mice: int) -> None:
    for name, values in columns[0].items():
        _expect(name in COLUMNS, f"end_trial returns some of {', '.join(COLUMNS)}; this returned {name!r}")
        shape = np.shape(values)
        _expect(shape == (mice,), f"end_trial returns one number a mouse; {name!r} has shape {shape}")


def _check_taps(brain: Brain, mice: int) -> None:
    for area in brain.areas:
        if area.cells:
            shape = np.shape(brain.tap(area.name))
            _expect(shape == (mice, area.cells), f"tap({area.name!r}) has shape ({mice}, {area.cells}); it is {shape}")
    try:
        brain.tap("no_such_area")
    except ValueError:
        return
    except Exception as error:
        raise BrainError(
            f"tap of an area that does not exist raises ValueError; it raised {type(error).__name__}"
        ) from None
    raise BrainError("tap of an area that does not exist raises ValueError; it raised nothing")


def _check_state(brain: Brain, grow: Grow, births: Sequence[int], senses: Mapping[str, slice], actions: int) -> None:
    """`brain` has lived through session 1: a copy made of its states goes on as it does."""
    states = [brain.state(i) for i in range(len(births))]
    for name, value in states[0].items():
        _expect(
            isinstance(value, np.ndarray) and value.dtype.kind in "biuf",
            f"a state is arrays of numbers by name; {name!r} is none",
        )
    copy = grow(births)
    for i, state in enumerate(states):
        copy.set_state(i, {name: value.copy() for name, value in state.items()})
    ours, theirs = (_live(b, births, senses, actions, session=2)[0] for b in (brain, copy))
    _same(ours, theirs, "a brain that was given the state of another goes on as it does")
    if states[0]:
        try:
            copy.set_state(0, {name: np.zeros((3, 1, 4, 1, 5), np.float32) for name in states[0]})
        except ValueError:
            return
        raise BrainError("set_state raises ValueError for arrays of another shape; it took them")


def _check_interventions(
    brain: Brain, grow: Grow, births: Sequence[int], senses: Mapping[str, slice], actions: int
) -> None:
    _expect(not brain.supports(parse("no_such_area:1")), "supports is false for an area that does not exist")
    for area in brain.areas:
        for effect in (Scale(0.0), Stimulate("constant"), Deplete(0.5)):
            try:
                one = Intervention(area.name, When((1, 1)), effect)
            except ValueError:  # not to be written, whatever the brain: cells are lost of one nucleus alone
                continue
            if effect.kind not in area.effects:
                _expect(
                    not brain.supports(one),
                    f"supports({one}) is false: {area.name!r} has not the effect {effect.kind!r}",
                )
            elif brain.supports(one):
                _live(grow(births), births, senses, actions, interventions=[(one,), (), ()])


def _same(ours: np.ndarray, theirs: np.ndarray, rule: str) -> None:
    _expect(ours.shape == theirs.shape and np.array_equal(ours, theirs), f"{rule}; here they differ")


def _expect(holds: bool, rule: str) -> None:
    if not holds:
        raise BrainError(rule + ".")
