"""What operating systems offer under different names, or not at all."""
