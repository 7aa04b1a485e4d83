"""What Gymnasium and the libraries on it expect of an environment, beside the physics: arguments checked, `info`, specs,
one world that is handled as an environment of its own, and processes that fork.
"""
