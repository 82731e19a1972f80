"""Training on one's own images: pairs, patches, losses, and the loop."""
