"""The spinal layer: a descending command becomes muscle excitation.

The command is where the paw should be, how far it is pronated, and how hard it grips. A fixed map, learned once by the body and stored
in assets/spinal_map.npz (made by `python -m tools.spinal_fit`), turns it into a reference length λ for every muscle and the excitation
that holds the arm there against gravity. Stretch reflexes then pull each muscle towards its reference (Feldman's λ model):

    excitation = hold + KP (L - λ)/L0 + KD (L' - λ')/L0 - KV λ'/L0

of which a muscle takes what lies between 0 and 1 (MuJoCo's mju_muscleDynamics clamps its control). It is evaluated every 2 ms on lengths
that are 1 ms old then, and acts until the next, which stands for the shortest reflex delay. Physics gives lengths as they were one step
of 2 ms before, so L + 1 ms · L' stands for L: without that lead the delay doubles and fast reaches miss. λ follows the command through
a critically damped second-order filter, so that a command that jumps at 100 Hz moves the arm smoothly.
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
# Where each input's power lies among (4, 5).
_FACTORS = (_EXPONENTS + (_DEGREE + 1) * np.arange(4)).T.copy()  # (4, 70)


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


def features(command: np.ndarray) -> np.ndarray:
    """Monomials (N, 70) up to degree four of commanded x, y, z and pronation (N, 4)."""
    powers = np.ones((len(command), 4, _DEGREE + 1))
    powers[..., 1:] = command[..., None]
    np.multiply.accumulate(powers, axis=2, out=powers)
    factors = powers.reshape(len(command), -1).take(_FACTORS, axis=1)  # (N, 4, 70)
    return np.multiply.reduce(factors, axis=1)


def _with_grip() -> np.ndarray:
    """Where the powers that make each of the 70 features, and grip as one more, lie among (5, 5): (1, 4, 71)."""
    grip = np.array([[4 * (_DEGREE + 1) + 1], [0], [0], [0]])  # times the power 0 of three others, which is 1
    return np.concatenate([_FACTORS, grip], axis=1)[None]


_WITH_GRIP = _with_grip()


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
        low, high = model.actuator_lengthrange[ids].T
        span = model.actuator_gainprm[ids, 1] - model.actuator_gainprm[ids, 0]
        self.optimal_length = (high - low) / span  # (17,) [mm] L0 of MuJoCo's muscle
        self._map = _with_digits(model)
        # What one world needs in a step is so little that numpy's calls cost more than its sums. So arrays and views are
        # made once, and of equal shapes where they meet, which numpy takes faster.
        m, arm = len(ids), len(body.ARM_MUSCLES)
        self._powers, self._out = np.ones((n, 1, len(COMMAND), _DEGREE + 1)), np.zeros((n, 1, m + arm))
        self._raised, self._flat = self._powers[:, 0, :, 1:], self._powers.reshape(n, -1)
        self._targets, self._holds = self._out[:, 0, :m], self._out[:, 0, m:]
        self._state = np.zeros((4, n, m))
        self.reference, self.reference_velocity, self._target, hold = self._state  # λ [mm], λ', goal of λ, excitation
        self._arm_hold, self._changing = hold[:, :arm], self._state[:2]
        hold.fill(REST_TONE)
        lead = model.opt.timestep - SENSED_AGE_S
        per_length = gains.stretch / self.optimal_length
        per_velocity = (gains.velocity + gains.stretch * lead) / self.optimal_length
        on_velocity = (gains.velocity + gains.shortening) / self.optimal_length
        self._per_length, self._per_velocity = np.tile(per_length, (n, 1)), np.tile(per_velocity, (n, 1))
        # Everything in the reflex but length and velocity follows from the reference, whose next steps are known once the
        # command is: a linear filter. So the five reflexes of a control step are prepared at once, and with them, in two more
        # rows, the reference and its velocity after the last: each a sum over the four rows of `_state`.
        powers = _filter_powers(gains.rate, self.dt, round(CONTROL_DT / self.dt))
        ahead = np.zeros((len(powers) + 2, 4, 1, m))
        gap, speed = powers[:, 0, :, None], powers[:, 1, :, None]  # (k, 2, 1): of λ - target and λ' k reflexes on
        pull = -(gap * per_length + speed * on_velocity)  # (k, 2, m)
        ahead[:-2, :2, 0] = pull
        ahead[:-2, 2, 0] = -pull[:, 0] - per_length
        ahead[:-2, 3] = 1.0
        ahead[-2:, :2, 0] = powers[-1][:, :, None]
        ahead[-2, 2], ahead[-1, 2] = 1.0 - powers[-1, 0, 0], -powers[-1, 1, 0]
        self._filter = np.tile(ahead, (1, 1, n, 1))
        self._added = np.zeros_like(self._filter)
        self._ahead = np.zeros((len(powers) + 2, n, m))
        self._biases, self._next = list(self._ahead[:-2]), self._ahead[-2:]
        self._work, self._damping = np.zeros((2, n, m))

    def command(self, command: np.ndarray) -> None:
        """Set the goal of the reference from the descending command (N, 5) in [-1, 1]."""
        self._raised[...] = command[:, :, None]
        np.multiply.accumulate(self._powers, axis=3, out=self._powers)
        factors = self._flat.take(_WITH_GRIP, axis=1)  # (N, 1, 4, 71)
        # One product a world, not one of all worlds, whose sums would depend on N.
        np.matmul(np.multiply.reduce(factors, axis=2), self._map, out=self._out)
        self._target[:] = self._targets
        np.maximum(self._holds, _ZERO, out=self._arm_hold)
        np.minimum(self._arm_hold, _ONE, out=self._arm_hold)

    def prepare(self) -> None:
        """Move the reference through a control step, and keep what each reflex step adds to length and velocity."""
        np.multiply(self._filter, self._state, out=self._added)
        np.add.reduce(self._added, axis=1, out=self._ahead)
        self._changing[:] = self._next

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


def _with_digits(model: mujoco.MjModel) -> np.ndarray:
    """The spinal map as it is used: (71, 32), features and grip → lengths of all muscles, excitations of the arm's.

    The digits' lengths follow from grip, and from the wrist that they cross.
    """
    with np.load(assets.path("spinal_map.npz"), allow_pickle=False) as stored:
        stored_map = stored["weights"].copy()  # (70, 30): lengths, then excitations of the arm's muscles
    arm, digits = len(body.ARM_MUSCLES), len(body.DIGIT_MUSCLES)
    open_, closed = _digit_lengths(model)
    half_closing = (closed - open_) / 2
    ratio = _moment(model, "flexor_digitorum_profundus") / _moment(model, "extensor_carpi_radialis")
    bend = np.array([ratio, -ratio])  # of the digits' flexor and extensor with the wrist's extensor
    wrist = stored_map[:, body.ARM_MUSCLES.index("extensor_carpi_radialis")]
    out = np.zeros((len(_EXPONENTS) + 1, 2 * arm + digits))
    out[:-1, :arm], out[:-1, arm + digits :] = stored_map[:, :arm], stored_map[:, arm:]
    out[:-1, arm : arm + digits] = wrist[:, None] * bend
    constant = np.flatnonzero(~_EXPONENTS.any(axis=1))[0]
    out[constant, arm : arm + digits] += open_ + half_closing
    out[-1, arm : arm + digits] = half_closing
    return out


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
