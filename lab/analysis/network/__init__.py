"""The network analyses of Ghanayim et al. 2025: what the imaged population does, from virtual imaging alone."""
