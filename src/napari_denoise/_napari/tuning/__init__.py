"""The *Fine-tune* panel, and what it shows."""
