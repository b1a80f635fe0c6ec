"""The line that is edited, and the screen around it."""
