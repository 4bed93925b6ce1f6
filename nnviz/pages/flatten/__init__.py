"""The page "Flatten"."""
