"""How fast: against raw physics in the same run, and against peers in environments of their own."""
