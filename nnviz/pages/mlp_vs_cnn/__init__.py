"""The page "MLP or CNN?"."""
