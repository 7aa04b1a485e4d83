"""The command line: options, the stages of a run, and how every command ends."""
