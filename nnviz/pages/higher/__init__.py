"""The page "Higher levels"."""
