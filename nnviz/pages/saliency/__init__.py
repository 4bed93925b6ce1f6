"""The page "Saliency"."""
