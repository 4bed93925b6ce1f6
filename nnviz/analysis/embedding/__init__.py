"""Vectors of many pictures in a layer, and maps of them."""
