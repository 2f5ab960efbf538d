"""Heavy things that people ask of the service, and what one who saves and one who reads feel of them."""
