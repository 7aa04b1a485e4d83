"""What the imaged population tells of a trial's outcome, and of its events: the analyses of Ghanayim et al. 2025 and Levy et al. 2020.

Each is an estimator with `fit`, which takes arrays of one session, and an `analyse(mouse)` that applies it to every session.
"""
