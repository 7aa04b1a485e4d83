"""What is done to which mice: designs, groups, perturbations, bodies and seeds, as data."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.lab.design",
    {
        "catalogue": "DESIGNS",
        "design": "Design Origin Subject",
        "group": "Group",
        "make": "intervention_group make_design",
        "perturbations": "WorldChange change_at",
        "seeds": "birth_seed brain_seed world_seed",
    },
)
