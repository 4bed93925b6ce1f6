"""The evidence beside a map: a file for each measurement, with its job, its drawing and its sentences."""
