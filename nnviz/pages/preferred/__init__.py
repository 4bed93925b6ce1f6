"""The page "Preferred picture": the one that raises a unit or a class most."""
