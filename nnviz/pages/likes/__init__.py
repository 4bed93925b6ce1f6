"""What it likes: the picture that raises a unit or a class most."""
