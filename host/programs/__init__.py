"""Programs: commands of WASI, in files and as processes of a project."""
