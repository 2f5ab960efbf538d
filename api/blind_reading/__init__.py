"""blind_reading."""
