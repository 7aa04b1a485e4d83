"""The spinal layer: a descending command becomes muscle excitation.

The command is where the paw should be, how far it is pronated, and how hard it grips. A fixed map, learned once by the body and stored
in assets/spinal_map.npz (made by `python -m tools.spinal_fit`), turns it into a reference length λ for every muscle and the excitation
that holds the arm there against gravity. Stretch reflexes then pull each muscle towards its reference (Feldman's λ model):

    excitation = hold + KP (L - λ)/L0 + KD (L' - λ')/L0 - KV λ'/L0

of which a muscle takes what lies between 0 and 1 (MuJoCo's mju_muscleDynamics clamps its control). It is evaluated every 2 ms on lengths
that are 1 ms old then, and acts until the next, which stands for the shortest reflex delay. Physics gives lengths as they were one step
of 2 ms before, so L + 1 ms · L' stands for L: without that lead the delay doubles and fast reaches miss. λ follows the command through a critically damped second-order filter,
so that a command that jumps at 100 Hz moves the arm smoothly.
"""

from dataclasses import dataclass

import mujoco
import numpy as np

from reachenv import assets, body
from reachenv.schema import CONTROL_DT

REST_TONE = 0.03  # excitation of a muscle at rest
COMMAND = ("x", "y", "z", "pronation", "grip")
WORKSPACE_CENTRE_MM = np.array([5.0, -3.0, -9.5])  # from the mouth: the box holds perch, pellet and mouth
WORKSPACE_HALF_MM = np.array([9.0, 7.0, 10.0])
SUPINATION_RANGE = np.radians([0.0, 120.0])  # [rad] palm down … palm up; command +1 … -1
REFLEX_SUBSTEPS = 1  # physics steps of 2 ms between two reflex updates; 8 ms oscillates, 10 ms jitters by 0.2-0.5 mm
SENSED_AGE_S = 0.001  # how old a muscle's length is when its reflex is evaluated; physics gives that of one step before
OPEN_CLOSED_MCP = np.radians([-20.0, 75.0])  # [rad] digit joints that the reflex aims for at grip -1 and +1
OPEN_CLOSED_PIP = np.radians([5.0, 75.0])
_DEGREE = 4
_ZERO, _ONE = np.array(0.0), np.array(1.0)  # numpy takes arrays faster than Python's numbers


def _exponents(n_inputs: int, degree: int) -> np.ndarray:
    grid = np.indices((degree + 1,) * n_inputs).reshape(n_inputs, -1).T
    return grid[grid.sum(axis=1) <= degree]


_EXPONENTS = _exponents(4, _DEGREE)  # (70, 4)
_FACTORS = (_EXPONENTS + (_DEGREE + 1) * np.arange(4)).T.copy()  # (4, 70): where each input's power lies among (4, 5)


def supination(pronation: np.ndarray) -> np.ndarray:
    """Angle of the forearm [rad] for commanded pronation in [-1, 1]: +1 palm down, -1 palm up."""
    low, high = SUPINATION_RANGE
    return low + (high - low) * (1 - pronation) / 2


def paw_mm(action: np.ndarray) -> np.ndarray:
    """Commanded position of the grip point (N, 3) [mm] of actions (N, >= 3)."""
    return WORKSPACE_CENTRE_MM + WORKSPACE_HALF_MM * action[..., :3]


def paw_action(mm: np.ndarray) -> np.ndarray:
    """The first three entries of the action, clipped to [-1, 1], that command the grip point to `mm` (..., 3)."""
    return np.clip((mm - WORKSPACE_CENTRE_MM) / WORKSPACE_HALF_MM, -1.0, 1.0)


def features(command: np.ndarray, powers: np.ndarray | None = None) -> np.ndarray:
    """Monomials (N, 70) up to degree four of commanded x, y, z and pronation (N, 4).

    powers: (N, 4, 5) of ones to work in, whose first column stays so; it need not be made anew.
    """
    n = len(command)
    powers = np.ones((n, 4, _DEGREE + 1)) if powers is None else powers
    powers[..., 1:] = command[..., None]
    np.multiply.accumulate(powers, axis=2, out=powers)
    factors = powers.reshape(n, -1).take(_FACTORS, axis=1)  # (N, 4, 70)
    return np.multiply.reduce(factors, axis=1)


@dataclass(frozen=True)
class Gains:
    """Reflex gains, per unit of relative length (L/L0); times in s. Judgement, tuned for tracking, not for success."""

    stretch: float = 4.0  # KP
    velocity: float = 0.08  # KD [s]
    shortening: float = 0.02  # KV [s]: drives a muscle that is to shorten ahead of its force-velocity loss
    rate: float = 150.0  # [1/s] of the command filter


class Spinal:
    """Reflexes of N mice.

    Args:
        model: the compiled body.
        n: number of worlds.
        gains: reflex gains.
    """

    def __init__(self, model: mujoco.MjModel, n: int, gains: Gains = Gains()):
        self.n, self.gains = n, gains
        self.dt = REFLEX_SUBSTEPS * model.opt.timestep
        ids = [model.actuator(name).id for name in body.MUSCLES]
        if ids != list(range(len(ids))):
            raise ValueError("The muscles must be the model's first actuators, in the order of reachenv.body.MUSCLES.")
        with np.load(assets.path("spinal_map.npz"), allow_pickle=False) as stored:
            self._map = stored["weights"].copy()  # (70, 30)
        low, high = model.actuator_lengthrange[ids].T
        span = model.actuator_gainprm[ids, 1] - model.actuator_gainprm[ids, 0]
        self.optimal_length = (high - low) / span  # (17,) [mm] L0 of MuJoCo's muscle
        self._open, closed = _digit_lengths(model)
        self._half_closing = (closed - self._open) / 2
        ratio = _moment(model, "flexor_digitorum_profundus") / _moment(model, "extensor_carpi_radialis")
        self._bend = np.array([ratio, -ratio])  # of the digits' flexor and extensor with the wrist's extensor
        m, arm = len(ids), len(body.ARM_MUSCLES)
        self._target = np.zeros((n, m))
        self._hold = np.full((n, m), REST_TONE)
        self.reference = np.zeros((n, m))  # λ [mm]
        # Everything in the reflex but length and velocity follows from the reference, whose next steps are known once the
        # command is: a linear filter. So the five reflexes of a control step are prepared at once, k reflex steps ahead,
        # and with them, in two more rows, gap and speed after the last.
        lead = model.opt.timestep - SENSED_AGE_S
        per_length = gains.stretch / self.optimal_length
        per_velocity = (gains.velocity + gains.stretch * lead) / self.optimal_length
        on_velocity = (gains.velocity + gains.shortening) / self.optimal_length
        powers = _filter_powers(gains.rate, self.dt, round(CONTROL_DT / self.dt))[..., None]  # (k, 2, 2, 1)
        rows = [powers[:, 0] * per_length + powers[:, 1] * on_velocity, np.tile(powers[-1], m)]
        # What gap and speed add: (2, k + 2, 1, 17).
        self._filter = np.concatenate(rows).swapaxes(0, 1)[:, :, None].copy()
        # What one world needs in a step is so little that numpy's calls cost more than its sums. So arrays and views are
        # made once, and of equal shapes where they meet, which numpy takes faster.
        self._per_length, self._per_velocity = np.tile(per_length, (n, 1)), np.tile(per_velocity, (n, 1))
        self._work, self._damping = np.zeros((2, n, m))
        self._powers, self._out = np.ones((n, 4, _DEGREE + 1)), np.zeros((n, 2 * arm))
        wrist = body.ARM_MUSCLES.index("extensor_carpi_radialis")
        self._lengths, self._holds, self._wrist = self._out[:, :arm], self._out[:, arm:], self._out[:, wrist, None]
        self._arm_target, self._digit_target = self._target[:, :arm], self._target[:, arm:]
        self._arm_hold = self._hold[:, :arm]
        self._state = np.zeros((2, 1, n, m))
        self._gap, self.reference_velocity = self._state[:, 0]  # λ - target, λ'
        self._of_gap, self._of_speed = self._added = np.zeros((2, len(powers) + 2, n, m))
        self._ahead = np.zeros((len(powers) + 2, n, m))
        self._bias, (self._next_gap, self._next_speed) = self._ahead[:-2], self._ahead[-2:]
        self._biases = list(self._bias)

    def command(self, command: np.ndarray) -> None:
        """Set the goal of the reference from the descending command (N, 5) in [-1, 1]."""
        # Not `@`, whose sums would depend on N.
        np.einsum("nf,fk->nk", features(command[:, :4], self._powers), self._map, out=self._out)
        self._arm_target[:] = self._lengths
        np.maximum(self._holds, _ZERO, out=self._arm_hold)
        np.minimum(self._arm_hold, _ONE, out=self._arm_hold)
        digits = self._digit_target
        np.multiply(command[:, 4:5] + _ONE, self._half_closing, out=digits)
        digits += self._open
        digits += self._bend * self._wrist

    def prepare(self) -> None:
        """Move the reference through a control step, and keep what each reflex step adds to length and velocity."""
        target, work, bias = self._target, self._work, self._bias
        np.subtract(self.reference, target, out=self._gap)
        np.multiply(self._filter, self._state, out=self._added)
        np.add(self._of_gap, self._of_speed, out=self._ahead)
        np.multiply(self._per_length, target, out=work)
        np.subtract(self._hold, work, out=work)
        np.subtract(work, bias, out=bias)
        np.add(target, self._next_gap, out=self.reference)
        self.reference_velocity[:] = self._next_speed

    def settle(self, ids: np.ndarray) -> None:
        """Put the reference of worlds `ids` where the command is, at rest."""
        self.reference[ids] = self._target[ids]
        self.reference_velocity[ids] = 0.0

    def reflex(self, step: int, length: np.ndarray, velocity: np.ndarray, out: np.ndarray) -> None:
        """Write the excitations (N, 17) of reflex step 0…4 since `prepare` to `out`, from lengths and velocities (N, 17).

        They may be below 0 or above 1: muscles clamp them, and two calls of numpy five times a step are saved.
        """
        work, damping = self._work, self._damping
        np.multiply(length, self._per_length, out=work)
        np.add(work, self._biases[step], out=work)
        np.multiply(velocity, self._per_velocity, out=damping)
        np.add(work, damping, out=out)


def _filter_powers(rate: float, dt: float, steps: int) -> np.ndarray:
    """What becomes of (λ - target, λ') after 1…`steps` reflex steps: (steps, 2, 2), semi-implicit Euler of the filter."""
    once = np.array([[1 - (rate * dt) ** 2, dt - 2 * rate * dt * dt], [-(rate**2) * dt, 1 - 2 * rate * dt]])
    return np.stack([np.linalg.matrix_power(once, k) for k in range(1, steps + 1)])


def _moment(model: mujoco.MjModel, tendon: str, joint: str = "wrist_flexion") -> float:
    joints, coefs = body.tendon_moments(model, tendon)
    return float(coefs[joints == model.joint(joint).id][0])


def _digit_lengths(model: mujoco.MjModel) -> tuple[np.ndarray, np.ndarray]:
    """Lengths (2,) [mm] of the digit muscles, without the wrist's part, with the hand open and closed."""
    bend = {"mcp": OPEN_CLOSED_MCP, "pip": OPEN_CLOSED_PIP}
    lengths = np.zeros((2, 2))
    for row, muscle in enumerate(body.DIGIT_MUSCLES):
        joints, coefs = body.tendon_moments(model, muscle)
        for joint, coef in zip(joints, coefs, strict=True):
            kind = model.joint(int(joint)).name.split("_")[-1]
            if kind in bend:
                lengths[:, row] += coef * bend[kind]
    return lengths[0], lengths[1]
