"""Looking at two images in one: a curtain, a blink, their difference."""
