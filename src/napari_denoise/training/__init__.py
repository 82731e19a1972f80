"""Fine-tuning of models on a user's own images."""
