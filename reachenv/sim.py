"""The only code that steps physics: N worlds, one model, one batch."""

import mujoco
import numpy as np
from mujoco.batch import Batch

from reachenv import body, perturb, rig, senses, spinal
from reachenv.index import FLAGS, Index
from reachenv.schema import CONTROL_DT
from reachenv.state import Part
from reachenv.trial import PERCH_MM, Measured, Timing
from reachenv.variation import Variation

REST_COMMAND = np.append((PERCH_MM - spinal.WORKSPACE_CENTRE_MM) / spinal.WORKSPACE_HALF_MM, [1.0, -0.2])
REST_SPREAD_RAD = np.radians(0.5)  # s.d. of each arm joint when a trial begins: no two rests are alike
PELLET_SPREAD_MM = 0.05  # s.d. of where on its cup the pellet was put
EATEN_MM = np.array([-200.0, 0.0, -20.0])  # an eaten pellet is kept here, out of sight and reach
# A pellet on its cup is held there, free of contacts, while the grip point is further away than this: less than from the perch.
FAR_MM = 10.0
LIFT_MM = 0.02  # held so far above its cup
APART_MM = 0.002  # a held pellet is moved along with its cup when it is so far from its place
ASTRAY_MM, ASTRAY_S = 0.05, 0.005  # it is on its cup up to so far from it, and so much further the faster the cup moves
# A hand is fast when any joint of the arm turns faster: it may move by 0.3 mm in a physics step, less than a digit's radius.
FAST_RAD_S = 6.0
CONTROLS = ("spinal", "muscle")
# What is read from physics beside its state: of the moment one physics step before.
LAGGING = ("actuator_length", "actuator_velocity", "sensordata", "site_xpos", "xipos", "M")


_PARTS = slice(1, 1 + len(body.SKIN))
_HAND_HEAD, _PELLET_PLATE, _HAND_PLATE = (FLAGS.index(name) for name in ("hand_head", "pellet_plate", "hand_plate"))
# numpy takes arrays faster than Python's numbers
_STEP, _CM_PER_MM = np.array(CONTROL_DT), np.array(0.1)
_PLATE_SCALE, _TOUCH_SCALE = np.array(senses.PLATE_SCALE), np.array(senses.TOUCH_SCALE_UN)
_FAST2, _SPECULATIVE = np.array(FAST_RAD_S**2), int(mujoco.mjtEnableBit.mjENBL_SPECULATIVE)
_FAR2, _APART2, _CIRCLE = np.array(FAR_MM**2), np.array(APART_MM**2), np.array(rig.CUP_CIRCLE_MM)
_LOWEST, _HIGHEST = np.array(-senses.OBS_LIMIT), np.array(senses.OBS_LIMIT)


class Sim:
    """N worlds that step together.

    Args:
        n: number of worlds.
        control: "spinal" (action: paw x, y, z, pronation, grip) or "muscle" (one excitation a muscle).
        timing: when the plate turns.
        nthread: threads that share the worlds; results do not depend on it.

    Attributes:
        holding: whether a pellet that nothing is near is held on its cup (see `_hold_pellets`). Without it all pellets are carried by
            contact at all times, which costs up to a tenth more: a test compares the two.
    """

    def __init__(self, n: int, control: str, timing: Timing, nthread: int = 1):
        if control not in CONTROLS:
            raise ValueError(f"control={control!r} is unknown; choose one of {', '.join(CONTROLS)}.")
        self.n, self.control, self.timing = n, control, timing
        self.model = body.build_model()
        self.index = Index.of(self.model)
        self.batch = Batch(self.model, n, nthread)
        self.spinal = spinal.Spinal(self.model, n)
        self.action_size = len(spinal.COMMAND) if control == "spinal" else len(body.MUSCLES)
        bind = self.batch.bind
        self._qpos, self._qvel, self._act, self._ctrl = bind("qpos"), bind("qvel"), bind("act"), bind("ctrl")
        m = len(body.MUSCLES)
        self._length, self._velocity = bind("actuator_length")[:, :m], bind("actuator_velocity")[:, :m]
        self._sensors, self._sites, self._centres = bind("sensordata"), bind("site_xpos"), bind("xipos")
        self._look_at(self.index)
        self._flags = np.zeros((n, len(FLAGS)))
        self._touched = True  # whether anything touched anything when last measured
        self._contacts: tuple[np.ndarray, ...] = ()
        self.time = np.zeros(n)
        self._earliest = self._latest = 0.0  # of the worlds' times
        self._substep = spinal.REFLEX_SUBSTEPS
        self._reflexes = round(CONTROL_DT / self.spinal.dt)
        self._reflex_times = self.spinal.dt * np.arange(self._reflexes)[:, None]  # [s] in a control step
        self.variation = Variation(self.batch, n)
        self._rest_qpos = np.zeros((n, self.model.nq))
        self._rest_act = np.zeros((n, self.model.na))
        self._rest_ctrl = np.zeros((n, self.model.nu))
        self._force, self._mass = bind("xfrc_applied"), bind("M")
        self._hold_up = bind("qfrc_applied")[:, self.index.pellet_dofs][:, 2]
        self._arm_velocity = self._qvel[:, : len(body.ARM_JOINTS)]
        # Worlds whose arm is fast: where contacts are speculative.
        self._squares, self._fast = np.zeros((n, len(body.ARM_JOINTS))), np.ones(n, bool)
        self._enabled = self.batch.expand("opt.enableflags")
        self._with = self.model.opt.enableflags | _SPECULATIVE
        self.holding = True
        self._uneaten, self._held = np.ones(n, bool), np.zeros(n, bool)
        self._gap, self._place, self._spoke = np.zeros((n, 3)), np.zeros((n, 3)), np.zeros((n, 2))
        self._place_pellets()
        # Two steps early: until it turns, the plate is told to stay where it is anyhow.
        self._turn = timing.turn_start - 2 * CONTROL_DT, timing.turn_start + timing.turn_time
        self._sounding = timing.tone - 1e-9, timing.tone + timing.tone_length - 1e-9
        self._settle_at_rest()
        # Lengths are sensed against those of the resting posture.
        length = self.spinal.optimal_length
        self._length_scale = np.tile(1.0 / (length * senses.LENGTH_SCALE), (n, 1))
        self._velocity_scale = np.tile(1.0 / (length * senses.VELOCITY_SCALE), (n, 1))
        self._centre = np.tile(self._rest_length[0] * self._length_scale[0], (n, 1))
        self._observation = np.zeros((n, senses.size(self.action_size)))
        self._senses = senses.views(self._observation, self.action_size)
        self._pellet_shown, self._pellet_place = self._senses["pellet"][:, :1], self._senses["pellet"][:, 1:]
        self._pellet_shown.fill(1.0)
        self._hears = self._tastes = self._feels = False  # whether any world did when last observed

    def _look_at(self, index: Index) -> None:
        """Keep views of what is read in every step: to make one costs as much as to read it."""
        m = len(body.MUSCLES)
        self._excitation, self._plate_ctrl = self._ctrl[:, :m], self._ctrl[:, index.plate_ctrl]
        self._grip, self._cup = self._sites[:, index.grip], self._sites[:, index.cup]
        self._pellet = self._qpos[:, index.pellet][:, :3]
        self._supination = self._qpos[:, index.supination]
        self._paw = self._centres[:, index.paw]
        self._plate_angle = self._qpos[:, index.plate]
        self._pellet_velocity = self._qvel[:, index.pellet_dofs]
        self._plate_speed = self._qvel[:, index.plate_dof, None]
        self._found = self._sensors[:, index.found]
        self._touch = self._sensors[:, index.touch].reshape(self.n, len(body.SKIN), 3)

    # -- between trials ---------------------------------------------------------------------------------------------

    def set_bodies(self, bodies: list[perturb.BodyVariation]) -> None:
        """Give every world its own mouse (N of them), between trials."""
        self.variation.set_bodies(bodies)
        self._settle_at_rest()

    def _settle_at_rest(self) -> None:
        """Find the posture in which each mouse waits, its paw on the perch."""
        self.batch.reset()
        self._uneaten.fill(True)
        everyone = np.arange(self.n)
        self.spinal.command(np.tile(REST_COMMAND, (self.n, 1)))
        self.spinal.settle(everyone)
        self.eat(np.ones(self.n, bool))
        self.batch.forward()
        for _ in range(60):
            self.spinal.prepare()
            for k in range(self._reflexes):
                self.spinal.reflex(k, self._length, self._velocity, self._excitation)
                self.batch.step(nstep=self._substep)
        self._rest_qpos[:] = self._qpos
        self._rest_act[:] = self._act
        self._rest_ctrl[:] = self._ctrl
        self._rest_length = self._length.copy()
        self.batch.reset()

    def reset(self, ids: np.ndarray, generators: list[np.random.Generator]) -> None:
        """Put worlds `ids` at the start of a trial; `generators` are theirs, in the same order."""
        index = self.index
        self.batch.reset(ids, stage=mujoco.mjtStage.mjSTAGE_NONE)
        jitter = np.stack([g.standard_normal(len(index.arm) + 2) for g in generators])
        qpos = self._rest_qpos[ids]
        qpos[:, index.arm] += REST_SPREAD_RAD * jitter[:, :-2]
        qpos[:, index.plate] = -rig.CUP_ANGLE
        pellet = rig.pellet_on_cup(qpos[:, index.plate], self.variation.shift[ids])
        pellet[:, 2] += rig.seat_height(self.variation.radius[ids]) - rig.seat_height(rig.PELLET_RADIUS_MM)
        pellet[:, :2] += PELLET_SPREAD_MM * jitter[:, -2:]
        qpos[:, index.pellet] = np.concatenate([pellet, np.tile([1.0, 0, 0, 0], (len(ids), 1))], axis=1)
        self._qpos[ids] = qpos
        self._act[ids] = self._rest_act[ids]
        self._ctrl[ids] = self._rest_ctrl[ids]
        self._ctrl[ids, index.plate_ctrl] = -rig.CUP_ANGLE
        self.batch.forward(ids)
        self.time[ids] = 0.0
        self._earliest, self._latest = float(self.time.min()), float(self.time.max())
        self._flags[ids] = 0.0
        self._uneaten[ids], self._held[ids] = True, False
        self._place_pellets()
        self.spinal.command(np.tile(REST_COMMAND, (self.n, 1)))
        self.spinal.settle(ids)

    def _place_pellets(self) -> None:
        """Note where pellets wait, and what they weigh, after the rig has been moved or the pellet exchanged."""
        shift, size = self.variation.shift, self.variation.radius / rig.PELLET_RADIUS_MM
        self._waiting = rig.PELLET_MM + shift
        self._hub = self._waiting + [
            rig.CUP_CIRCLE_MM,
            0.0,
            0.0,
        ]  # what a held pellet's place turns about, at its height
        self._hub[:, 2] += rig.seat_height(self.variation.radius) - rig.seat_height(rig.PELLET_RADIUS_MM) + LIFT_MM
        self._place[:, 2] = self._hub[:, 2]
        self._weights = -self.model.opt.gravity[2] * self.model.body_mass[self.index.pellet_body] * size**3  # [µN]

    def rest_action(self) -> np.ndarray:
        """(action_size,) what holds the paw of world 0 at rest."""
        if self.control == "spinal":
            return REST_COMMAND.copy()
        return 2.0 * np.clip(self._rest_ctrl[0, : self.action_size], 0.0, 1.0) - 1.0

    # -- a control step ---------------------------------------------------------------------------------------------

    def step(self, action: np.ndarray) -> None:
        """Advance every world by 10 ms under `action` (N, action_size) in [-1, 1]."""
        self._hold_pellets()
        self._guard_fast_hands()
        reflexive = self.control == "spinal"
        if reflexive:
            self.spinal.command(self._rotated(action) if self.variation.turned else action)
            self.spinal.prepare()
        else:
            np.multiply(action + 1.0, 0.5, out=self._excitation)
        flags = self._flags
        flags.fill(0.0)
        pushing = self.variation.pushed
        turn_from, turn_to = self._turn
        turning = self._latest >= turn_from and self._earliest <= turn_to
        if turning:
            turned = (self.time >= turn_from) & (
                self.time <= turn_to
            )  # no other world: it would have other bits for its neighbours
            phase = (self.time + self._reflex_times - self.timing.turn_start) / self.timing.turn_time
            plate = rig.CUP_ANGLE * (rig.turn_profile(phase) - 1.0)
        reflex, step = self.spinal.reflex, self._pushed_step if pushing else self.batch.step
        for k in range(self._reflexes):
            if reflexive:
                reflex(k, self._length, self._velocity, self._excitation)
            if turning:
                np.copyto(self._plate_ctrl, plate[k], where=turned)
            step(nstep=self._substep)
            np.maximum(flags, self._found, out=flags)
        self.time += _STEP
        self._earliest += CONTROL_DT
        self._latest += CONTROL_DT

    def _rotated(self, action: np.ndarray) -> np.ndarray:
        offset = spinal.paw_mm(action) - PERCH_MM
        turned = PERCH_MM + perturb.rotate_command(offset, self.variation.rotation)
        return np.concatenate([spinal.paw_action(turned), action[:, 3:]], axis=1)

    def _pushed_step(self, nstep: int) -> None:
        """One reflex step under the force field, which acts at the paw's centre of mass, from the velocity of that."""
        index, dt = self.index, self.model.opt.timestep
        pushed = np.flatnonzero(self.variation.field)
        field = self.variation.field[pushed]
        for _ in range(nstep):
            moved_by = self.batch.jac(index.paw, self._paw[pushed], pushed)[0][:, :, index.arm_dofs]
            velocity = np.einsum("nij,nj->ni", moved_by, self._qvel[pushed][:, index.arm_dofs])
            mobility = moved_by @ np.linalg.solve(self._inertia(pushed), moved_by.swapaxes(1, 2))
            self._force[pushed, index.paw, :3] = perturb.mean_curl_force(velocity, field, mobility, dt)
            self.batch.step(nstep=1)

    def _inertia(self, ids: np.ndarray) -> np.ndarray:
        """Of the arm's joints (k, arm, arm) in worlds `ids`, the digits held; as it was a physics step ago."""
        rows, columns = np.tril_indices(len(self.index.arm_dofs))
        out = np.zeros((len(ids), rows.max() + 1, rows.max() + 1))
        out[:, rows, columns] = out[:, columns, rows] = self._mass[ids][:, self.index.arm_mass]
        return out

    def _hold_pellets(self) -> None:
        """Hold the pellets that lie on their cup with the paw far from it, and let go of the others.

        Six contacts at rest cost as much as the whole arm. A held pellet moves along with its cup LIFT_MM above it, its weight taken off
        it, so that it touches nothing. What touches it moves it away from its cup, and it is let go. Who is held follows from where things
        are now, and from nothing before.
        """
        if not self.holding:
            return
        if self.n == 1:
            self._hold_one()
            return
        gap, place, spoke = self._gap, self._place, self._spoke
        np.subtract(self._grip, self._pellet, out=gap)
        gap *= gap
        far = np.add.reduce(gap, axis=1) > _FAR2
        far &= self._uneaten
        if not np.count_nonzero(far) and not np.count_nonzero(self._held):
            return
        speed = _CIRCLE * self._plate_speed[:, 0]
        np.cos(self._plate_angle, out=spoke[:, 0])
        np.sin(self._plate_angle, out=spoke[:, 1])
        spoke *= _CIRCLE
        np.subtract(self._hub[:, :2], spoke, out=place[:, :2])
        np.subtract(self._pellet, place, out=gap)
        gap *= gap
        off = np.add.reduce(gap, axis=1)
        near = ASTRAY_MM + ASTRAY_S * np.abs(speed)
        held = far & (off < near * near)
        if not np.array_equal(held, self._held):
            changed = held != self._held
            self._hold_up[changed] = np.where(held, self._weights, 0.0)[changed]
            self._held = held
        moved = held & (off > _APART2)
        if np.count_nonzero(moved):
            np.copyto(self._pellet, place, where=moved[:, None])
            spoke *= self._plate_speed
            velocity = self._pellet_velocity
            np.copyto(velocity[:, 0], spoke[:, 1], where=moved)
            np.copyto(velocity[:, 1], -spoke[:, 0], where=moved)
            np.copyto(velocity[:, 2:], 0.0, where=moved[:, None])

    def _hold_one(self) -> None:
        """The same of a single world, in Python's numbers, which are several times as fast for one."""
        if not self._uneaten[0]:
            return
        x, y, z = self._pellet[0].tolist()
        grip = self._grip[0].tolist()
        held = (grip[0] - x) * (grip[0] - x) + (grip[1] - y) * (grip[1] - y) + (grip[2] - z) * (grip[2] - z) > FAR_MM**2
        if held:
            turning = self._plate_speed.item()
            # Sine and cosine of the math module may round otherwise.
            ahead = rig.CUP_CIRCLE_MM * np.cos(self._plate_angle).item()
            aside = rig.CUP_CIRCLE_MM * np.sin(self._plate_angle).item()
            hub = self._hub[0].tolist()
            place = hub[0] - ahead, hub[1] - aside, hub[2]
            dx, dy, dz = x - place[0], y - place[1], z - place[2]
            near = ASTRAY_MM + ASTRAY_S * abs(rig.CUP_CIRCLE_MM * turning)
            off = dx * dx + dy * dy + dz * dz
            held = off < near * near
        if held != self._held.item():
            self._hold_up[0] = self._weights[0] if held else 0.0
            self._held[0] = held
        if held and off > APART_MM**2:
            self._pellet[0] = place
            self._pellet_velocity[0] = (aside * turning, -(ahead * turning), 0.0, 0.0, 0.0, 0.0)

    def _guard_fast_hands(self) -> None:
        """Speculative contacts, which cost a tenth, in the worlds whose hand may move by more than its thickness in a physics step."""
        np.multiply(self._arm_velocity, self._arm_velocity, out=self._squares)
        fast = np.maximum.reduce(self._squares, axis=1) > _FAST2
        if not np.array_equal(fast, self._fast):
            self._fast = fast
            self._enabled[:] = np.where(fast, self._with, self._with & ~_SPECULATIVE)

    def eat(self, worlds: np.ndarray) -> None:
        """The mouth takes the pellet of the given worlds (N,) bool: it leaves the scene."""
        ids = np.flatnonzero(worlds)
        self._qpos[ids, self.index.pellet.start : self.index.pellet.start + 3] = EATEN_MM
        self._pellet_velocity[ids] = 0.0
        self._hold_up[ids] = self._weights[ids]
        self._uneaten[ids] = False

    # -- a trial in progress ----------------------------------------------------------------------------------------

    def _parts(self) -> dict[str, np.ndarray]:
        """Everything that the next steps depend on, as arrays (N, ...) to read from or write to."""
        lagging = {name: self.batch.bind(name).view() for name in LAGGING}
        for array in lagging.values():
            array.flags.writeable = True  # the batch writes it in its next call, and reads it never
        return {
            "state": self.batch.state,
            **lagging,
            "time": self.time,
            "contacts": self._flags,
            "uneaten": self._uneaten,
            "reference": self.spinal.reference,
            "reference_velocity": self.spinal.reference_velocity,
            "rest_qpos": self._rest_qpos,
            "rest_act": self._rest_act,
            "rest_ctrl": self._rest_ctrl,
        }

    def get_state(self) -> dict[str, np.ndarray]:
        """{name: (N, ...)}: copies."""
        return {name: array.copy() for name, array in self._parts().items()}

    def set_state(self, state: Part) -> None:
        """Put back what `get_state` gave; bodies and perturbations must be those of then (see Variation.set_state)."""
        parts = self._parts()
        new = {
            name: state.array(name, array.shape, "b" if array.dtype == bool else "f") for name, array in parts.items()
        }
        for name, array in parts.items():
            array[:] = new[name]
        self._earliest, self._latest = float(self.time.min()), float(self.time.max())
        self._place_pellets()
        self._held = self._uneaten & (self._hold_up > 0.0)
        self._touched = self._hears = self._tastes = self._feels = True  # what is seldom sensed is written anew

    # -- what there is to see ---------------------------------------------------------------------------------------

    def measure(self) -> Measured:
        """What physics shows now; contacts are those of any moment of the last control step. Time, pellet, cup and
        supination are views, which the next step changes."""
        touched = bool(np.count_nonzero(self._flags))
        if touched or self._touched:  # in most steps nothing touches anything
            found = self._flags.astype(bool)
            parts = np.add.reduce(found[:, _PARTS], axis=1)
            self._contacts = parts, found[:, _PELLET_PLATE], found[:, _HAND_PLATE], found[:, _HAND_HEAD]
        self._touched = touched
        parts, pellet_on_plate, hand_on_plate, hand_on_head = self._contacts
        return Measured(
            time=self.time,
            grip=self._grip.copy(),  # where the paw was is asked for a step later
            pellet=self._pellet,
            cup=self._cup,
            waiting=self._waiting,
            parts_on_pellet=parts,
            pellet_on_plate=pellet_on_plate,
            hand_on_plate=hand_on_plate,
            hand_on_head=hand_on_head,
            supination=self._supination,
        )

    def pellet(self) -> np.ndarray:
        """(N, 3) pellet centre [mm]."""
        return self._pellet.copy()

    def below_cup(self) -> np.ndarray:
        """(N,) bool: the pellet is more than 2 mm lower than on its cup."""
        return self._pellet[:, 2] < self._cup[:, 2] - 2.0

    def qpos(self) -> np.ndarray:
        """(N, nq) generalised positions, a copy."""
        return self._qpos.copy()

    def muscle_activation(self) -> np.ndarray:
        """Activation of every muscle (N, muscles), 0 to 1, in the order of `body.MUSCLES`: a copy."""
        return self._act.copy()

    def joint_angles(self) -> np.ndarray:
        """Angles of `body.ARM_JOINTS` (N, joints) [rad]: a copy."""
        return self._qpos[:, self.index.arm].copy()

    def observe(self, m: Measured, eaten: np.ndarray, chewed: np.ndarray, action: np.ndarray) -> np.ndarray:
        """What there is to sense (N, size), in the order of reachenv.senses; the next call overwrites it.

        Args:
            m: what physics shows.
            eaten: (N,) bool, whose pellet is no more to be seen.
            chewed: (N,) [s] when it was eaten.
            action: (N, action_size) the last command.
        """
        # What nobody senses in most steps is written where somebody does, or did the step before.
        out, to, (tone, tone_end) = self._observation, self._senses, self._sounding
        hears = self._latest >= tone and self._earliest < tone_end
        if hears or self._hears:
            to["tone"][:, 0] = (self.time >= tone) & (self.time < tone_end)
        np.divide(self._plate_speed, _PLATE_SCALE, out=to["plate"])
        np.multiply(m.pellet, _CM_PER_MM, out=self._pellet_place)
        tastes = bool(np.count_nonzero(eaten))
        if tastes or self._tastes:
            self._pellet_shown.fill(1.0)
            to["pellet"][eaten] *= 0.0
            to["taste"][:, 0] = eaten & (self.time - chewed < senses.TASTE_S)
        np.multiply(m.grip, _CM_PER_MM, out=to["paw"])
        length, velocity = to["muscle_length"], to["muscle_velocity"]
        np.multiply(self._length, self._length_scale, out=length)
        np.subtract(length, self._centre, out=length)
        np.multiply(self._velocity, self._velocity_scale, out=velocity)
        force, touch = self._touch, to["touch"]
        feels = bool(np.count_nonzero(force))
        if feels:
            pressed = np.sqrt(np.add.reduce(force * force, axis=2))
            np.divide(pressed, pressed + _TOUCH_SCALE, out=touch)
        elif self._feels:
            touch.fill(0.0)
        self._hears, self._tastes, self._feels = hears, tastes, feels
        to["command"][:] = action
        np.maximum(out, _LOWEST, out=out)
        return np.minimum(out, _HIGHEST, out=out)
