"""The edge: what stands between the socket and the services, for whatever contract is mounted."""
