"""The experiment: designs, runs, recordings, analyses, figures, reports and films."""
