"""The second call path: components on the engine's own implementation."""
