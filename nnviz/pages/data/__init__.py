"""The page "Data"."""
