"""Link plans: what is instantiated, in which order, and how functions are lifted and lowered."""
