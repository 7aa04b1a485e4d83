"""A group of mice as data: all that is done to them, and how tables name it."""

from __future__ import annotations

from dataclasses import dataclass

from reachenv.agents.interventions import Block, Intervention, parse
from reachenv.lab.design.perturbations import Change, change_at


@dataclass(frozen=True)
class Group:
    """Mice that get the same treatment. Groups of one litter hold twins: see `lab.design.seeds`.

    blocks: of dopamine. ablation: the mechanism that their brains lack, a name of `agents.brain.ablations`; '' for none.
    interventions: in the loop. changes: of the world. preset: the kind of brain, a name of `agents.brain.presets`; '' for young.
    """

    name: str
    blocks: tuple[Block, ...] = ()
    litter: int = 0
    ablation: str = ""
    interventions: tuple[Intervention, ...] = ()
    changes: tuple[Change, ...] = ()
    preset: str = ""

    def brain(self) -> tuple[str, str]:
        """Which mice can share a batch: those with brains of one kind, (ablation, preset)."""
        return self.ablation, self.preset

    def untouched(self) -> bool:
        """Whether nothing at all is done to these mice."""
        return not (self.blocks or self.ablation or self.interventions or self.changes or self.preset)

    def to_json(self) -> dict:
        return {
            "name": self.name,
            "blocks": [{"target": b.target, "sessions": list(b.sessions), "depth": b.depth} for b in self.blocks],
            "litter": self.litter,
            "ablation": self.ablation,
            "interventions": [str(i) for i in self.interventions],
            "changes": [c.to_json() for c in self.changes],
            "preset": self.preset,
        }

    @staticmethod
    def from_json(data: dict) -> Group:
        """Inverse of `to_json`; groups of before there were interventions are read too."""
        read = {
            "blocks": tuple(Block(b["target"], tuple(b["sessions"]), b["depth"]) for b in data["blocks"]),
            "interventions": tuple(parse(text) for text in data.get("interventions", ())),
            "changes": tuple(Change.from_json(change) for change in data.get("changes", ())),
        }
        return Group(**{**data, **read})


def blocks_in(group: Group, session: int) -> tuple[Block, ...]:
    """The blocks of a group that are on in this session."""
    return tuple(b for b in group.blocks if b.sessions[0] <= session <= b.sessions[1])


def doings_in(group: Group, session: int) -> tuple[Intervention, ...]:
    """All that is done to a group's brains in this session: blocks, then what is done to the loop."""
    return blocks_in(group, session) + tuple(i for i in group.interventions if i.when.holds(session))


def block_label(group: Group, session: int) -> str:
    """What the `block` column says: '' for none, else such as 'm1' or 'm1@0.5+striatum'."""
    return "+".join(b.label() for b in blocks_in(group, session))


def intervention_label(group: Group, session: int, trial: int) -> str:
    """What the `intervention` column says: '' for none, else such as 'gpix0' or 'snc@0.6+striatum~sham=0.02'."""
    return "+".join(i.label() for i in group.interventions if i.when.holds(session, trial))


def change_label(group: Group, session: int, trial: int) -> str:
    """What the `perturbation` column says: '' in the ordinary world."""
    change = change_at(group.changes, session, trial)
    return change.label() if change else ""


def blocked_sessions(group: Group, sessions: int) -> list[int]:
    """Sessions in which dopamine is blocked in this group."""
    return [s for s in range(1, sessions + 1) if blocks_in(group, s)]


def treated_sessions(group: Group, sessions: int) -> list[int]:
    """Sessions in which anything is done to this group or to its world."""
    return [
        s for s in range(1, sessions + 1) if doings_in(group, s) or any(c.holds(s) for c in group.changes)
    ]  # fmt: skip
