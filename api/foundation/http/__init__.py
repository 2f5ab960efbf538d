"""HTTP: authentication, limits of requests, running routes, and responses to refusals."""
