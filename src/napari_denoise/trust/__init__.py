"""What can be known of a result without a reference."""
