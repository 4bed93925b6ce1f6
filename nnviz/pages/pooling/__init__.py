"""The page "Pooling"."""
