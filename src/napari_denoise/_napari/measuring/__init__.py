"""What is known of the noise: measured, shown, or typed."""
