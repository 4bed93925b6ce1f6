"""The page "Why not plain?"."""
