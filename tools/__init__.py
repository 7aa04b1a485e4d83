"""What developers run: assets are made here, and pages of docs/ that are drawn from the code. Not installed."""
