"""A Keras model made flat, its layers and targets, and one pass through it."""
