"""The page "Strokes to digits"."""
