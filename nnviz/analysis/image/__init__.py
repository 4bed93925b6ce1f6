"""One picture: decoded, fitted to a network, moved, drawn."""
