"""Who learns: the cortex - basal ganglia - thalamus loop and its reinforcement-learning baselines."""
