"""WebAssembly binaries as data: core modules and components, read into WIT types and a plan that says how to run them."""
