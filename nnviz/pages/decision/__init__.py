"""The page "Decision"."""
