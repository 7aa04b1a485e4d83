"""Modelling the mouse: signed distance functions in, small meshes and painted textures out (`python -m tools.sculpt`).

Nothing here runs when a model is loaded: the files that it writes are data in assets/looks.
"""
