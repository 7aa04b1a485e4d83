"""How synapses change: rules by projection, the critic, and what a trial and a night make of them."""
