"""Share memory, threads, connections and bandwidth between tenants."""
