"""The service on Windows and macOS, as far as Linux can show it."""
