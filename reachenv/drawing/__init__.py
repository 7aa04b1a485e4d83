"""How the world looks: what the simulation has no use for, pictures without a screen, and a window with one."""
