"""Facts that the world, the brain and the analyses share. Numbers and names only: this module imports nothing."""

CONTROL_DT = 0.01  # [s] one control step: how often an agent senses and commands

EVENTS = ("tone", "table_turn", "lift", "reach", "grab", "supination", "at_mouth", "chew", "back_to_perch")
"""What can happen in a trial; the time of each is `EVENT_time` [s] from the start of the trial."""

OUTCOMES = ("success", "miss", "knock", "slip", "drop", "no_reach")
"""How a trial can end."""

EXPERT_SESSION = 7
"""The session after which a mouse is an expert (Ghanayim et al. 2025: seven sessions of learning)."""

BLOCKED_SESSIONS = (2, 4)
"""First and last session of the published block of M1 dopamine (Ghanayim et al. 2025)."""

FEWEST_MICE = 8
"""Mice, or matched pairs, a group from which findings are tested. A two-sided sign flip of n pairs cannot give P below 2 / 2**n,
so P < 0.01 takes 8; and a 95 % percentile bootstrap over fewer covers the truth less than nine times in ten."""
