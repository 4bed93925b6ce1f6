"""The page "Neuron"."""
