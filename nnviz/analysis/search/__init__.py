"""What excites a unit most in many pictures, and the file that keeps it."""
