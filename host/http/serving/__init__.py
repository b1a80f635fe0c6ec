"""Services: routes, connections, requests and what answers them."""
