"""Components: index spaces, scopes, validation."""
