"""The page "Feature maps"."""
