"""What guests see of the world, by grant."""
