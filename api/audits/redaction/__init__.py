"""Taking words out of an audit for good."""
