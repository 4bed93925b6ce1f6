"""The page "Filters"."""
