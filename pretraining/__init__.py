"""The recipe that made the bundled weights, one command, resumable."""
