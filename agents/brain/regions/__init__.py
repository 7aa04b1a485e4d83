"""What each region of the brain computes in one update: `step(state, input)`, its state explicit, mice first."""
