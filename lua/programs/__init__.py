"""Programs in WebAssembly, which run once in a lane: lua/programs/programs.lua."""
