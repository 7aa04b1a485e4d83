"""What is done to which mice: designs, groups, perturbations, bodies and seeds, as data."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.lab.design",
    {
        "design": "DESIGNS Design Origin Subject make_design",
        "group": "Group",
        "perturbations": "Change change_at",
        "seeds": "birth_seed brain_seed world_seed",
    },
)
