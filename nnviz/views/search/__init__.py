"""What excites a unit most in a set of pictures."""
