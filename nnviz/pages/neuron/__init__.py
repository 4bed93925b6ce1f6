"""The page "One neuron"."""
