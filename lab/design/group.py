"""A group of mice as data: their interventions, their perturbed world, their kind of brain, and how tables name these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reachenv.agents.interventions import Intervention, is_dopamine_block, parse
from reachenv.lab.design import checked
from reachenv.lab.design.old_groups import as_now
from reachenv.lab.design.perturbations import WorldChange, change_at

MOST_CHANGES = 10_000
"""Interventions, and perturbations, of a group in a file."""
ROLES = ("control", "sham", "reference", "treated")


@dataclass(frozen=True)
class Group:
    """Mice that are handled alike. Groups of one litter hold matched controls: see `lab.design.seeds`.

    Attributes:
        name: of its folder and in tables.
        interventions: on the brain.
        litter: number of the seed tree's branch.
        variant: a kind of brain, one of `Brain.variants`; "" for the usual one.
        perturbations: of the world.
        role: what the group is for. "control": without any intervention; "sham": handled without an effect; "reference":
            what others are measured against; "treated": all others.
    """

    name: str
    interventions: tuple[Intervention, ...] = ()
    litter: int = 0
    variant: str = ""
    perturbations: tuple[WorldChange, ...] = ()
    role: str = "treated"

    def __post_init__(self) -> None:
        checked.name(self.name, "the group's name")
        checked.whole(self.litter, f"litter of {self.name}", 0, 10**6)
        checked.plain(self.variant, f"variant of {self.name}")
        if self.role not in ROLES:
            raise ValueError(
                f"the role {checked.brief(self.role)} of the group {self.name!r} is none of {', '.join(ROLES)}"
            )

    def untouched(self) -> bool:
        """Whether these mice have no intervention at all, the usual brain and the ordinary world."""
        return not (self.interventions or self.variant or self.perturbations)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "role": self.role,
            "litter": self.litter,
            "variant": self.variant,
            "interventions": [str(i) for i in self.interventions],
            "perturbations": [change.to_json() for change in self.perturbations],
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Group:
        """Inverse of `to_json`; reads the groups of older run folders too. ValueError for what no group can be."""
        checked.name(checked.named(data, "a group").get("name"), "the group's name")
        for lists in ("interventions", "blocks", "perturbations", "changes"):
            checked.listed(data.get(lists, []), lists, MOST_CHANGES)
        data = as_now(data)
        read = {
            "interventions": tuple(parse(checked.line(text, "an intervention", 200)) for text in data["interventions"]),
            "perturbations": tuple(
                WorldChange.from_json(checked.named(change, "a perturbation")) for change in data["perturbations"]
            ),
        }
        return Group(**{**data, **read})


def interventions_in(group: Group, session: int, trial: int | None = None) -> tuple[Intervention, ...]:
    """The interventions of a group that are on in this session, in this trial of it where one is given."""
    return tuple(i for i in group.interventions if i.when.holds(session, trial))


def intervention_label(group: Group, session: int, trial: int) -> str:
    """The text of the `intervention` column: '' for none, else such as 'm1x0' or 'snc@0.6+striatum~sham=0.02'."""
    return "+".join(i.label() for i in interventions_in(group, session, trial))


def perturbation_label(group: Group, session: int, trial: int) -> str:
    """The text of the `perturbation` column: '' in the ordinary world."""
    change = change_at(group.perturbations, session, trial)
    return change.label() if change else ""


def blocked_sessions(group: Group, sessions: int) -> list[int]:
    """Sessions with a dopamine block, of all trials or of a part of them."""
    return [s for s in range(1, sessions + 1) if any(map(is_dopamine_block, interventions_in(group, s)))]


def treated_sessions(group: Group, sessions: int) -> list[int]:
    """Sessions with any intervention, shams included, or with a perturbed world."""
    return [
        s
        for s in range(1, sessions + 1)
        if interventions_in(group, s) or any(change.when.holds(s) for change in group.perturbations)
    ]
