"""The page "Activation"."""
