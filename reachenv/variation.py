"""Worlds that differ: the per-world model fields behind bodies and perturbations. Nothing is recompiled."""

from dataclasses import fields
from typing import Any

import numpy as np
from mujoco.batch import Batch

from reachenv import body, rig
from reachenv.perturb import BodyVariation, Perturbation
from reachenv.state import Part

_BONES = {"humerus": ("upper_arm_proximal", "upper_arm_distal"), "forearm": ("forearm_proximal", "forearm_distal")}
_NEXT = {"humerus": "ulna", "forearm": "paw"}  # the body at the far end of a bone
_ALL = slice(None)


class Variation:
    """Per-world fields of a batch of n worlds. Fields stay shared until something differs.

    Attributes:
        shift: (N, 3) [mm] displacement of the rig.
        rotation: (N,) [rad] of the command.
        field: (N,) [mN per cm/s] curl field.
        radius: (N,) [mm] of the pellet.
        bodies, perturbations: of each world, N of each.
        turned, pushed: whether the command of any world is rotated, and whether any has a field.
    """

    def __init__(self, batch: Batch, n: int):
        self._batch, self._model, self.n = batch, batch.model, n
        self._fields: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._rig_varied = False
        self.shift = np.zeros((n, 3))
        self.rotation = np.zeros(n)
        self.field = np.zeros(n)
        self.radius = np.full(n, rig.PELLET_RADIUS_MM)
        self.turned = self.pushed = False
        self.bodies, self.perturbations = [BodyVariation()] * n, [Perturbation()] * n

    def _field(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Per-world values (N, ...) of a model field, and its standard value."""
        if name not in self._fields:
            self._fields[name] = self._batch.expand(name), getattr(self._model, name).copy()
        return self._fields[name]

    def _scale(
        self, name: str, row: int, factor: np.ndarray, ids: slice | np.ndarray = _ALL, columns: slice = _ALL
    ) -> None:
        """Write standard value times factor (n,) to one row of a field, for the worlds `ids`."""
        values, standard = self._field(name)
        if values.ndim == 2:
            values[ids, row] = standard[row] * factor
        else:
            values[ids, row, columns] = standard[row, columns] * factor[:, None]

    def set_bodies(self, bodies: list[BodyVariation]) -> None:
        """Give world i the body bodies[i]."""
        if len(bodies) != self.n:
            raise ValueError(f"{len(bodies)} bodies were given for {self.n} worlds; give one for each.")
        model = self._model
        for bone, geoms in _BONES.items():
            factor = np.array([getattr(b, bone) for b in bodies])
            self._scale("body_pos", model.body(_NEXT[bone]).id, factor)
            for name in geoms:
                geom = model.geom(name).id
                self._scale("geom_pos", geom, factor)
                self._scale("geom_size", geom, factor, columns=slice(1, 2))  # a capsule's half length
                self._scale("geom_rbound", geom, np.maximum(factor, 1.0))
            for owner in sorted({int(model.geom(name).bodyid[0]) for name in geoms}):
                self._scale("body_mass", owner, factor)
                self._scale("body_inertia", owner, factor)
                self._scale("body_ipos", owner, factor)
        position, standard = self._field("body_pos")
        shoulder = model.body("humerus").id
        position[:, shoulder] = standard[shoulder] + np.array([b.shoulder_mm for b in bodies])
        strength = np.array([b.strength for b in bodies])
        for muscle in range(len(body.MUSCLES)):
            for name in ("actuator_gainprm", "actuator_biasprm"):  # their third parameter is the muscle's peak force
                self._scale(name, muscle, strength, columns=slice(2, 3))
        self._batch.set_const()
        self.bodies = list(bodies)

    def perturb(self, ids: np.ndarray, perturbations: list[Perturbation]) -> None:
        """Set the perturbations of worlds `ids`, in the same order, for the trial that begins."""
        for world, perturbation in zip(ids, perturbations, strict=True):
            self.perturbations[world] = perturbation
        ordinary = all(p == Perturbation() for p in perturbations)
        if ordinary and not self._rig_varied:
            return
        self._rig_varied = True
        model = self._model
        self.shift[ids] = [p.plate_shift_mm for p in perturbations]
        self.rotation[ids] = np.radians([p.command_rotation_deg for p in perturbations])
        self.field[ids] = [p.force_field for p in perturbations]
        self.turned, self.pushed = bool(self.rotation.any()), bool(self.field.any())
        position, standard = self._field("body_pos")
        plate = model.body("plate").id
        position[ids, plate] = standard[plate] + self.shift[ids]
        size = np.array([p.pellet_scale for p in perturbations])
        self.radius[ids] = rig.PELLET_RADIUS_MM * size
        geom, pellet = model.geom("pellet").id, model.body("pellet").id
        self._scale("geom_size", geom, size, ids, slice(0, 1))
        self._scale("geom_rbound", geom, size, ids)
        self._scale("body_mass", pellet, size**3, ids)
        self._scale("body_inertia", pellet, size**5, ids)
        friction, _ = self._field("geom_friction")
        friction[ids, geom, 0] = [p.pellet_friction for p in perturbations]
        self._batch.set_const(ids)

    def get_state(self) -> dict[str, Any]:
        """{"bodies": …, "perturbations": …}, each {field: (N, ...)}."""
        mice = (("bodies", self.bodies), ("perturbations", self.perturbations))
        return {
            name: {f.name: np.array([getattr(one, f.name) for one in of]) for f in fields(of[0])} for name, of in mice
        }

    def set_state(self, state: Part) -> None:
        """Give every world the body and the perturbation that `get_state` gave; what fits already stays untouched."""
        bodies = _listed(state.part("bodies"), self.bodies)
        perturbations = _listed(state.part("perturbations"), self.perturbations)
        if bodies != self.bodies:
            self.set_bodies(bodies)
        if perturbations != self.perturbations:
            self.perturb(np.arange(self.n), perturbations)


def _listed(state: Part, like: list[Any]) -> list[Any]:
    """N objects of the kind of `like`, from {field: (N, ...)}."""
    n, one = len(like), like[0]
    values = {f.name: state.array(f.name, (n, *np.shape(getattr(one, f.name)))).tolist() for f in fields(one)}
    return [type(one)(**{name: value[i] for name, value in values.items()}) for i in range(n)]
